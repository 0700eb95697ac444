"""Backups: one file, proved by restoring it beside, sealed for a key.

`backup`    makes a backup while everything runs, and proves it
`restore`   the steps of a restore; `./ioc restore` puts them together
`archive`   one file a backup: packed, checked, unpacked
`sealing`   the file encrypted for a key, and opened again
`manifest`  what a backup says about itself
`tables`    the engine's part: copies of tables, their rows and checksums
`files`     what it holds besides the tables: cursors, the board's files, settings, secrets
`catch_up`  waits until the tables have what Kafka has
"""
