"""The ClickHouse engine on this PC, behind ClickHouse's own native protocol.

The engine (chDB) locks its folder to one process and has no listener; the driver speaks only the native protocol. This
package is the thin server between them. The protocol's data blocks are exactly what the engine's format `Native` reads
and writes, so values are passed on as bytes and never converted.

Limits, on purpose: no compression (loopback), no external tables, no totals of `WITH TOTALS`; inserts of types whose
end in the bytes cannot be found (`Dynamic`, `Variant`, `AggregateFunction`) are refused.

`listener`   the engine, open to clients on a loopback port
`session`    one client, from its first byte to its last
`owner`      what the database's owner may do
`analyst`    what a session of the analysts' user may do
`sandbox`    what the kernel lets a process touch, whatever the engine is talked into
`engine/`    the one owner of the folder, its configuration and its connections
`native/`    the protocol: bytes, packets, blocks, inserts and results
`sql_gate/`  what an analyst may ask, decided on what the engine itself parses
`replicas/`  the processes in which analysts' queries run
"""
