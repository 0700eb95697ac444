"""The kinds of figures that no machine tells, one file a subject; each has an indicator of its own.

`kind`       what a kind is: unit, period, who enters and confirms it, when it is due
`day_total`  of which indicators a ward can enter what it counted on days before this system did
`reform`     the office's plans and quality, Đề án 06, and scores that others give the ward
`society`    the ward's economy and people
`training`   who has learned to work digitally
"""
