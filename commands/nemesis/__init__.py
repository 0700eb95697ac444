"""Nemesis: what `./ioc chaos` is made of - sources that keep a journal, faults at random, and a check of what came of it.

The sources: `saying` is one message and what must become of it, `scripts` makes them, `ways` brings them in (webhook, MQTT, REST,
straight into Kafka), `driver` runs the sources in a thread of its own, `journal` knows what was acknowledged.

The faults: `crew` keeps the stack's parts running and arms failpoints, `gate` is a door in a connection that can be shut, `kafka` gives
Kafka a door for each client, `small_disk` can be filled up, `storm` chooses what happens when, `sweep` takes every failpoint in turn.

The check: `settle` waits until nothing moves any more, `watch` looks at processes and positions on the way, `kafka_log`, `check`,
`figures` and `leaks` hold the invariants I1 to I10, `verdict` asks them and `findings` counts what they find. `layout` and `run` put it all together.
"""
