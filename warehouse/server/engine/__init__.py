"""The engine itself.

`engine`       the one owner of the chDB folder, and its connections
`config`       a small footprint, nothing mangled silently, and no way out of the machine
`definitions`  the files in which the engine keeps what tables and views are
"""
