"""Values and states from the raw events.

`sql`       an indicator's values as SQL over the raw events
`repeated`  what stands several times in such a query is asked once
`rebuild`   states and windows that the fold no longer has in memory
"""
