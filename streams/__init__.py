"""Faust: events in Kafka become rows and values in the warehouse.

`fold` is the pure heart (`plan` and `count` serve it): events in, values out, the same for any split and any replay. `transport` feeds Faust whole
partition chunks, `worker` is the shell around the fold (positions, recovery, flushing, pushes), `app` attaches an agent a stream.

Exactly once, by offset-versioned upserts: each raw row carries topic, partition and offset, and one block is one part, so what a
partition has stored is `max(offset)`; values are upserts whose version is the last offset folded in; the fold's memory is a snapshot
with its offset. A worker that gets a partition asks the warehouse for both and seeks Kafka to the snapshot; what it folds again up
to the stored position is not stored again. Kafka's committed offset is for lag monitors only.
"""
