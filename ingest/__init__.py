"""The contract and the way into Kafka.

What an event is (`event`, `events/`), how it travels (`envelope`, `topic`), how a foreign system reaches us
(`connector`; `intake` for webhooks, `poll` for REST, `subscription` for MQTT), how it gets into Kafka (`producer`,
`dead_letter`), and the broker on this PC (`broker/`). Imports none of our other folders.
"""
