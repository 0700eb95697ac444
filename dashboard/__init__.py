"""Dashboard: the board in Dash, the analysts' page, and the city's feed; the only folder that knows Dash.

`app`            puts the board together, behind the guard
`apps/`          the two apps of Dash, and how changes reach their browsers
`state/`         what is so now: figures that stay current, alarms, and what a page is
`board/`         shows it to browsers
`pages/`         the pages, one module or package each
`components/`    what pages are made of
`ward_map/`      the boundaries of the ward and its residential groups
`charts/`        what is drawn
`words/`         texts, numbers and dates as people read them
`access/`        who may enter, and what stands before every route
`feed/`          the city's aggregate output, and what the audit reads
`store/`         what people set, in one SQLite file
`entry/`         figures that people enter: what may be entered, by whom, and from files
`alarm/`         alarms: judged, kept, and told to people
`component_id`   the text by which Dash names a component
`theme`          the design's tokens, each with its dark and its light colour
`thread_pool`    threads and a queue for one kind of work
`system_status`  how the system itself is, as every page shows it
`health`         how the process is, and how old the newest heartbeat is
`settings`       where the board listens, who may enter, and what the ward is called
`__main__`       `python -m dashboard`
"""
