"""The faults of a run.

`storm`       what happens to whom and when, by a seed
`sweep`       every failpoint once
`processes`   the stack's processes, started again whenever they end
`tcp_proxy`   a proxy in a TCP connection that can be shut, held or made slow
`small_disk`  folders on memory of a fixed size
`kafka`       our own Kafka with a further listener for each client
`brokers`     a Kafka of several nodes, each a process that can be killed, frozen and restarted
"""
