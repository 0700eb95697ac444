"""The contract and the way into Kafka.

What an event is (`event`, `events/`), how it travels (`envelope`, `topic`), how a foreign system reaches us
(`connector`; `intake` for webhooks, `poll` for REST, `subscription` for MQTT), how it gets into Kafka (`producer`,
`dead_letter`; again with `letter_replay`; a flood of them is stopped by `flood` and `hold`), and the broker on this PC
(`broker/`). What happens when a disk is nearly full: `room`. How any of our processes tells how it is: `health`, with
`liveness`, `readiness` and `metrics`; which parts had to be started again: `restarts`. Which connections a port keeps and for
how long: `connection_limits`, `http_server`; how much and how fast: `concurrency_limit`, `rate_limit`; how it is taken: `sockets`.
How long to wait after a failure: `backoff`; what people read meanwhile: `away`. Imports none of our other folders.
"""
