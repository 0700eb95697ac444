"""Store: what people set - accounts, keys, screens, saved queries - in one SQLite file that board and command line share.

- `store`: connections, transactions, migrations, the copy that stands in for a damaged file.
- `json_files`: takes over the JSON files of earlier versions, once.
- `changes`: who changed what.
- `migrations/`: the tables, by numbered statements that never change once applied.
"""
