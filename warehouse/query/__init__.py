"""What the board, the city and analysts ask.

`feed`     what the city reads: rows by window, with parts and revision
`report`   the figures that the ward reports for a period
`due`      the dossiers that are due first, and when the first of everything open is due
`devices`  each loudspeaker, camera and device as it is now, and what it told
`entered`     what people entered for each kind and period, and who did what when
`day_totals`  what they entered of days before, and since when this system counts by itself
`past_events`  what decides whether events of before can be imported
`tally`    events and dead letters of the last 24 hours
`adhoc`    an analyst's SQL, through the gate and within limits
"""
