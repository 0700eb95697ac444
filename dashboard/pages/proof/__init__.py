"""What stands behind one figure.

`page`       the layout
`callbacks`  compares the shown figure with its recomputation
`tables`     members, windows, corrections, events, and queries to run oneself
"""
