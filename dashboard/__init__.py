"""Dashboard: the board in Dash, the analysts' page, and the city's feed; the only folder that knows Dash.

`app`                                puts everything together; `guard` stands before every route of it
`accounts` `session` `viewer`        who may enter, who has entered, who asks at this moment
`login` `form`                       the pages around the board: log-in, change of password
`tries` `known_places` `pool`        how often passwords may be tried and from where; threads of its own for each kind of work
`live`                               the ward's figures as they are now; `transport` brings their changes to the browsers
`page`                               what a page is; `pages/` one file a page
`tile` `chart` `graph` `groups` `headline`   what the overview is made of
`alarm/`                             the alarms: judged, kept, told, and handled by people
`freshness` `standing`               whether a figure may be trusted as live, and how the system itself stands
`past/`                              the board as it was at any minute, and the history of each figure
`reader` `table`                     how the other pages ask the warehouse, and show rows
`proving` `proof_tables`             what the proof of a figure compares; `query_address` hands its SQL to the analysts' page
`letter_desk` `letter_choice` `letter_rows`              what the page of dead letters does
`system_desk` `system_tables` `silent`   what the page about the system shows
`asking` `saved_query` `spreadsheet` what the analysts' page does
`feed` `figure` `city_cut`           the city's aggregate output, and whether it has it in time; `readings` what the board holds, for the audit
`feed_key` `key_check`               what programs show to read both
`health`                             how the process is, and how old the newest heartbeat on the board is
`text` `number` `theme`              words, digits and colours
"""
