"""One source: its messages mapped, its status judged, its faults kept apart from everybody else's.

`reader`            what reads one source for ever, and waits for Kafka
`cursor`            how far a source has been read, in a file that survives a power cut
`mapper`            one message becomes envelopes or a dead letter; never both, never neither
`trace`             what its newest message became, and how many came within the hour
`rhythm`            how long a source is usually silent
`status`            what we report about our sight of a source
`failure_rate`      when too much of what comes cannot be processed
`circuit_breaker`   holds back a source whose messages are suddenly invalid
`device_breaker`    sets aside one device of a source, so that its other devices go on
`system_heartbeat`  a heartbeat of our own that goes the whole way
"""
