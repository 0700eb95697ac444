"""ClickHouse: what is kept, what it means, how it is read. Imports `ingest`.

The way to the database: `client` is the only module that opens a connection, `migrate` makes the tables, `adhoc` lets
analysts ask SQL. On one PC the database itself is ours too: `server/` owns the embedded ClickHouse engine and speaks
ClickHouse's native protocol on loopback, so that everything above it is the same against an outside server.

That it stays: `keeping/` makes backups and restores them, deletes what is too old, and does the audit at night.

What the rows mean: `indicator` with `indicators/`, `entity` with `entities/`, and the views that follow from them.

That it can be proved: `recompute` writes a figure as SQL over the events, `proof` compares it with what the board shows, `behind`
finds the events and corrections, `formula` says what is counted, and `prepared_query` lets people check it themselves.

As it was: `past` puts together what stood at a minute, from a day that `past_day` reads.
"""
