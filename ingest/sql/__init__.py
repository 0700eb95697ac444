"""Sources that are tables or views of a database, asked for what is new.

`reader`  reads a table for ever, by a column that only grows
"""
