"""The pretend ward: it plays the outside systems over their real protocols, and knows nothing of Kafka.

Stateless: what happens on a local day is a pure function of seed, ward and date, with fixed ids and times. After a restart
it sends today from the start, and the system counts everything once.

`systems/`    what each outside system does and says
`protocols/`  how they say it: webhooks, MQTT, REST
`ward`        what the pretend ward consists of, and where its chance comes from
`plan`        what all systems say on a local day
`message`     one thing that an outside system says, and when
`mark`        how far each system has spoken
`report`      the ward's report of 2025, as messages
`settings`    settings of the pretend ward
`__main__`    `python -m connectors.simulator`
"""
