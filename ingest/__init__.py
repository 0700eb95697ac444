"""What an event is, and the way from a foreign system into Kafka. Imports none of our other folders.

An event enters by `webhook/`, `mqtt/`, `rest/`, `files/`, `sql/`, `devices/`, `probe/` or `syslog/`; `source/` maps it by the rules of its
connector and watches over the source; `kafka/` stores it. What happens when a disk is nearly full: `runtime/disk_space`.

`contract/`   what every folder agrees on: events, envelope, topics, connectors, errors, clock, settings
`untrusted/`  what came from outside and is not believed: fields, JSON, personal data
`source/`     one source: mapping, status, circuit breakers, heartbeat
`webhook/`    sources that post to us
`mqtt/`       sources that publish to a broker
`rest/`       sources that are polled
`files/`      sources whose data come as files
`sql/`        sources that are tables of a database
`devices/`    sources that are several devices, each asked by itself
`probe/`      sources that are devices, asked one by one
`syslog/`     sources that write syslog
`kafka/`      producing, reading and administering Kafka, and the broker on this PC
`administration/`  sources as an administrator sees and changes them
`replay/`     dead letters tried again with the code of today
`runtime/`    what every process needs: health, metrics, disk space
`network/`    every port of ours, and what those who reach it may cost
`discovery`   the values of one kind that a package declares
`runner`      runs all connectors in one process, each by its own way
`__main__`    `python -m ingest`: keeps Kafka ready
"""
