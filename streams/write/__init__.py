"""From the fold to the warehouse and to the boards.

`batch`        what one flush writes, cut at one instant
`flusher`      when what waits is written
`writer`       in which order, so that a crash between any two steps does no harm
`announcer`    the boards hear what changed
`late_stocks`  closed minutes that are recomputed from the raw rows
"""
