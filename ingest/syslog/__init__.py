"""Sources that write syslog: routers, switches, UPSs, servers.

`message`   one message, by RFC 5424 or by RFC 3164
`listener`  takes messages by UDP and TCP, within bounds
`reader`    leads one source's messages into Kafka, for ever
"""
