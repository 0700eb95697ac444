"""ClickHouse's native protocol.

`wire`            bounded reading from a client's socket, and writing to it
`protocol`        the packets, at the revision that the server speaks
`block`           where a block in format `Native` ends
`result`          a result on its way to a client, block by block
`query_settings`  settings that come with one query and hold for it only
`query_watchdog`  ends the query of a client that has cancelled it or is gone
`data_insert`     an `INSERT` whose rows come as blocks
`durable_insert`  an `INSERT` that is stored when it is said to be
"""
