"""The processes in which analysts' queries run.

Analysts' queries, and the gate's questions about them, never run in the process that stores events. The engine interrupts
neither a constant that it evaluates nor a function over one block, so a time limit holds only if the process can be ended
that runs the query. That process is a replica: an engine of its own on the same data, read where they lie. The server lets a
client in, gives its query a slot and a replica, and passes on the packets of the answer. After the time limit, or when the
client cancels or is gone, it has the replica's engine kill the query; two seconds later it kills the replica.

- The data are on a disk of type `plain` that is read-only: the only one under which the engine (26.9) writes nothing into a
  table's folder. `local` with `readonly` is written to all the same.
- The tables behind the views that a query names are attached before it and detached after it, so that it sees what was stored
  before. `refresh_parts_interval` would do without, but is a second late and never notices that a part was dropped. With 1,000
  outdated parts beside three busy writers that takes 0.1 s; counts were right 62 times of 62 during merges and mutations.
- Parts that were merged stay for a minute (`old_parts_lifetime`), which is longer than a query may read them.
- A replica takes 0.3 s of processor time to start and 0.12 GB of memory of its own when it rests. There is one more than are
  busy, as many as there are slots at most, none before an analyst comes, and none three minutes after the last.

`pool`         the replicas as the server sees them
`process`      a replica: `python -m warehouse.server.replicas.process`
`answering`    what a replica does with a query: the gate, then the query
`pipe`         frames between the server and a replica
`open_data`    the views that analysts may read, and the tables beneath them
`query_slots`  how many queries may run at once, of a person and of all
`peak_memory`  whether a process ever had more memory than it may
"""
