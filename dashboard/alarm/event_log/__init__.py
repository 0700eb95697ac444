"""The log of the alarms: events of the topic `ioc.alarm.v1`, and the alarms that follow from them.

`events`    what is decided, done and told, as events whose ids follow from what they say
`fold`      the alarms of a log of events; pure
`reader`    the log in Kafka, read from its beginning and kept up to date in memory
`takeover`  what an earlier version kept, sent once as events
"""
