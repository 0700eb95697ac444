"""The ClickHouse engine on this PC, behind ClickHouse's own native protocol.

The engine (chDB) locks its folder to one process and has no listener; the driver speaks only the native protocol. This
package is the thin front between them. The protocol's data blocks are exactly what the engine's format `Native` reads
and writes, so values are passed on as bytes and never converted.

- `wire`, `protocol`, `block`: bytes of the socket, packets, and where a block ends;
- `engine`, `engine_config`: the one owner of the folder, its configuration and its connections;
- `front`, `session`, `owner`, `analyst`, `query_settings`, `watch`: clients, from the first byte to the last;
- `gate`, `sql_text`, `syntax_tree`, `query_tree`, `vocabulary`, `bounds`: what an analyst may ask, decided on what the engine
  itself parses;
- `replicas`, `replica`, `answering`, `pipe`, `open_data`, `places`, `limit_texts`: where analysts' queries run;
- `confine`: what the kernel lets a process touch, whatever the engine is talked into.

Analysts' queries, and the gate's questions about them, never run in the process that stores events. The engine interrupts
neither a constant that it evaluates nor a function over one block, so a time limit holds only if the process can be ended
that runs the query. That process is a replica: an engine of its own on the same data, read where they lie. The front lets a
client in, gives its query a place and a replica, and passes on the packets of the answer. After the time limit, or when the
client cancels or is gone, it has the replica's engine kill the query; two seconds later it kills the replica.

- The data are on a disk of type `plain` that is read-only: the only one under which the engine (26.9) writes nothing into a
  table's folder. `local` with `readonly` is written to all the same.
- The tables behind the views that a query names are attached before it and detached after it, so that it sees what was stored
  before. `refresh_parts_interval` would do without, but is a second late and never notices that a part was dropped. With 1,000
  outdated parts beside three busy writers that takes 0.1 s; counts were right 62 times of 62 during merges and mutations.
- Parts that were merged stay for a minute (`old_parts_lifetime`), which is longer than a query may read them.
- A replica takes 0.3 s of processor time to start and 0.12 GB of memory of its own when it rests. There is one more than are
  busy, as many as there are places at most, none before an analyst comes, and none three minutes after the last.

Limits, on purpose: no compression (loopback), no external tables, no totals of `WITH TOTALS`; inserts of types whose
end in the bytes cannot be found (`Dynamic`, `Variant`, `AggregateFunction`) are refused.
"""
