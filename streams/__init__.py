"""Faust: events in Kafka become rows and values in the warehouse.

Exactly once, by position: each raw row carries topic, partition and offset, every record of Kafka is a row, a duplicate or a dead letter,
and values are upserts whose version is the last offset folded in. A worker that gets a partition asks the warehouse how far it is and
what is missing, folds the rows after its newest snapshot again, and reads Kafka from there on. Nobody's commit is trusted: Kafka's
committed offset is written afterwards, for lag monitors only.

In one run of `./ioc bench --peers` on a quiet PC with two processors, broker and warehouse beside it, of 400,000 events: one worker 41,300
events/s (10.4 times the plain Faust agent's 3,960), two 55,300 (14 times); three plain counts in place of all figures, with the same validation
and sink, in one process of Quix Streams 41,000, of Bytewax 55,500.

What an event takes of the processors while one worker catches up 300,000 of the bench's, by the kernel's count for each thread. The PC was busy
otherwise.

| process, thread                                  | an event |
| ------------------------------------------------ | -------- |
| worker: main thread, of which its start 5 µs     | 23 µs    |
| worker: the thread that fetches                  | 3 µs     |
| worker: the threads that insert                  | 2 µs     |
| Kafka                                            | 4 µs     |
| warehouse: takes in blocks                       | 4 µs     |
| warehouse: sorts, compresses and stores them     | 4 µs     |
| warehouse: merges                                | 2 µs     |
| warehouse and others: everything else            | 1 µs     |

Taken in turn with these, the same events took a worker 46 µs that still looked for garbage and closed minutes in full; on a quiet PC 38 µs.

The warehouse's part depends on how large blocks are, as each insert costs some 20 ms: 14.5 µs an event with blocks of 5,000, 10.9 µs with 10,000,
7.1 µs with 20,000, 6.2 µs with 40,000 (rows and a third as many figures, inserted by themselves). So a worker that catches up waits until a block
is full (`write.flusher`). Codecs, fsync and the form of parts make no difference that could be measured.

Where the time of the main thread goes, by its own processor time, without its start: 16.0 µs an event, as the least time of each batch of the
same events, and 18.3 µs with garbage and full minutes.

| stage                                       | share  |
| ------------------------------------------- | ------ |
| fold                                        | 44 %   |
| of which closing minutes                    | 12 %   |
| validate                                    | 30 %   |
| rebuild, gather and cut blocks, announce    | 15 %   |
| deduplicate                                 | 4 %    |
| the rest                                    | 7 %    |

An event's update tells which fields it has changed, and only the figures that look at those are counted again (`fold.plan.Recounts`); what is
counted at a time that has not come is not worked out (`fold.compiled`); the figures of a window are found by the splits of the entity, and
all that is held of a kind of entity in a ward by one look-up. What Kafka's client decodes is taken as it is (`transport`): a record object
for each took more than half of the fetching thread's time. Before that, declarations, states and decoder were compiled
(`warehouse.model.entity`, `ingest.contract.decoder`): with declarations called one by one and a model for each record it would be half as much
again.

The garbage collector sees nothing of a start, whose imports it would make longer by a fifth, nor of what a backlog leaves, which it took a
fourteenth of the time to look through (`garbage`). Closing a minute looks at what has changed in it instead of at all that was ever shown
(`fold.stocks`), and not at entities whose life is over (`fold.entities`); what an entity counts for the first time is not compared with anything
(`fold.flows`).

How soon it reads decides as much. A partition that Faust leaves out while its last batch waits is asked for again after 20 ms, and a broker
keeps a request for which it has nothing for 100 ms (`transport`). With Faust's own second and second and a half, whatever was left of the
largest partition was read at a batch a second: a worker caught up two million events of one ward at 5,800 events/s, and does at 22,000.

What a worker holds in memory does not grow with what it has to catch up: two batches of a topic (`app`), the rows of two blocks (`write`), the
ids of a week at eight bytes each (`partition.duplicates`), and of each ward the entities and windows that event time has not left behind. Two
million events of twenty days of one ward take 287 MB at most, 246 MB at their end; 300,000 of 114 wards within ten minutes, of which nothing
is left behind yet, 420 to 440 MB.

`fold/`                  events in, values out; pure
`partition/`             one partition that a worker has: its records, and how far it is
`write/`                 from the fold to the warehouse and to the boards
`recovery/`              taking up a partition where the warehouse stands
`poison/`                records whose content makes work fail
`watchdog/`              ends a worker that must not go on or does not, and shows how it is
`pipeline`               the stages that records go through, in one direction, and what a kill leaves behind after each
`app`                    the Faust application; the one place where a worker is attached to it
`transport`              Faust reads whole batches of a partition, and starts where the warehouse says
`worker`                 one process's part: its partitions, their pipeline, and what happens after faults
`assignment`             the partitions that a worker has, and those that wait to be taken up
`validate`               records become events or dead letters
`deduplicate`            events that were there before are kept beside the others
`rebuild`                entities that the fold has let go come back from the rows
`halted`                 partitions that are not read until somebody lets them go on
`warehouse_connections`  the worker's connections, which wait while the warehouse is away
`settings`               settings of the stream workers
`garbage`                when Python looks for objects that only refer to each other
`start`                  makes a worker and runs it
`__main__`               `python -m streams`: one worker
"""
