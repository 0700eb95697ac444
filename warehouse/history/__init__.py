"""Figures through time.

`series`     a measure's figure in every hour, day or month
`period`     the same of today, this week or this month, beside the period before
`as_of`      a ward's figures as they stood at any minute of a day
`as_of_day`  what that needs, read a day at once
`day_lives`  the lives of what is counted on a day, minute by minute
"""
