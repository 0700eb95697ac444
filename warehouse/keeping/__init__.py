"""Keeping: what has to be done so that the ward's figures are still there in ten years, by itself and at night.

settings      when, where to, how many
schedule      when a chore is due (pure)
chores        backup, audit and retention, each in a process of its own that ends afterwards
state         what became of them, and whether the keeper lives: a small file that others read
tables        the engine's part of a backup: copies of tables, their rows and checksums
contents      what a backup holds besides the tables: cursors, the board's store and files, settings, secrets
manifest      what a backup says about itself
archive       one file a backup: packed, checked, unpacked
sealing       the file encrypted for a key, and opened again
backup        makes a backup, and proves it by restoring it beside
restoring     the steps of a restore; `./ioc restore` puts them together
retention     how long each table keeps its rows

`python -m warehouse.keeping` is the keeper: it looks at the disks and does the chores when they are due.
"""
