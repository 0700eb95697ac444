"""The dossiers that have to be finished next.

`page`       the layout
`callbacks`  asks for the list while somebody looks at it
`table`      the list as rows
"""
