"""How the system itself is.

`page`       the layout
`callbacks`  asks while somebody looks at it
`tables`     audits, sources, streams, jobs and disks as rows
"""
