"""Texts, numbers and dates as people read them.

`text`            every word of the board that is not an indicator's own label
`number`          figures in Vietnamese (11.796 · 99,88 %) and in English (11,796 · 99.88%)
`short_name`      what an indicator is called under its figure
`day`             what a day is called, with the holiday that it is
`dimension_name`  what people call that by which a figure is split
`event_name`      what an event says happened
`grid_words`      what the analysts' grids say by themselves
`freshness`       whether a figure may be taken as live
`moment`          which minute of the past an address asks for
`csv`             tables as CSV that a spreadsheet opens without running anything
"""
