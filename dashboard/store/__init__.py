"""Store: what people set - accounts, keys, screens, saved queries, boundaries - in one SQLite file that board and command line share.

`migrations/` holds its tables, by numbered statements that never change once applied.

`store`         connections, transactions, migrations, the copy that stands in for a damaged file
`changes`       who changed what
`json_files`    takes over the JSON files of earlier versions, once
"""
