"""Faust: events in Kafka become rows and values in the warehouse.

`fold` is the pure heart (`flows`, `stocks`, `population`, `plan` and `count` serve it): events in, values out, the same for any split and
any replay. Around it:

- `transport` feeds Faust whole partition chunks, `app` attaches an agent a stream, `worker` is the shell: chunks in, blocks out;
- `sift` with `repeat` tells what of a chunk counts, and what is a dead letter or was there before;
- `block` is what one flush writes, `flushing` when, `writing` in which order; `late` is what is recomputed beside it;
- `recovery` takes up a partition, with `kafka_log` (where in Kafka it lies) and `kafka_read` (what the warehouse lost);
- `suspicion` tells faults that a record may be to blame for, `attempts` where processes died: then `recovery` takes the partition up
  carefully, and `setting_aside` makes a dead letter of the record that is found;
- `store` waits for the warehouse; `stop` stops a flood; `freeze` and `stall` end a worker that must not, or does not, go on.

Exactly once, by position: each raw row carries topic, partition and offset, every record of Kafka is a row, a repeat or a dead letter,
and values are upserts whose version is the last offset folded in. A worker that gets a partition asks the warehouse how far it is and
what is missing, folds the rows after its newest snapshot again, and reads Kafka from there on. Nobody's commit is trusted: Kafka's
committed offset is written afterwards, for lag monitors only.
"""
