"""The ClickHouse engine on this PC, behind ClickHouse's own native protocol.

The engine (chDB) locks its folder to one process and has no listener; the driver speaks only the native protocol. This
package is the thin front between them. The protocol's data blocks are exactly what the engine's format `Native` reads
and writes, so values are passed on as bytes and never converted.

- `wire`, `protocol`, `block`: bytes of the socket, packets, and where a block ends;
- `engine`, `engine_config`: the one owner of the folder, its configuration and its connections;
- `listener`, `session`, `owner`, `analyst`, `query_settings`, `watch`: clients, from the first byte to the last;
- `gate`, `sql_text`, `syntax_tree`, `vocabulary`: what an analyst may ask, decided on what the engine itself parses;
- `confine`: what the kernel lets this process touch, whatever the engine is talked into.

Limits, on purpose: no compression (loopback), no external tables, no totals of `WITH TOTALS`; inserts of types whose
end in the bytes cannot be found (`Dynamic`, `Variant`, `AggregateFunction`) are refused.
"""
