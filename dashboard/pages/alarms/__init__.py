"""Alarms, and what people do about them.

`page`       the list: what needs somebody now, what cleared lately, the last weeks
`detail`     one alarm, `/alarm/<id>`
`callbacks`  what people do about alarms
`active`     the active alarms, and those that cleared lately
`history`    the alarms of the last weeks as a table
`log`        what was done about an alarm, in words
"""
