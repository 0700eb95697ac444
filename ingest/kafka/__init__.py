"""Kafka: the only folder that produces to it.

`producer`   the only place where events enter Kafka
`own_event`  what a process reports of itself, on a connection that ends with it
`client`     how every client connects, and whether a broker answers
`admin`      topics, groups and users
`lag`        how far a consumer group is behind, in records and in seconds
`offsets`    where partitions begin, end and stood at a time
`reader`     single records at known offsets, the newest records, and one key's whole log
`ownership`  which of several equal processes acts for a key
`checks`     questions about their surroundings that several processes ask
`broker/`    Apache Kafka on this PC
"""
