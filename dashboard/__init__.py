"""Dashboard: the board in Dash, the analysts' page, and the city's feed; the only folder that knows Dash.

`app`                                puts everything together; `guard` stands before every route of it
`accounts` `session` `viewer`        who may enter, who has entered, who asks at this moment
`login` `form`                       the pages around the board: log-in, change of password
`live`                               the ward's figures as they are now; `transport` brings their changes to the browsers
`page`                               what a page is; `pages/` one file a page
`tile` `chart` `graph` `groups` `attention` `headline`   what the overview is made of
`freshness`                          whether a figure may be trusted as live
`asking` `saved_query` `spreadsheet` what the analysts' page does
`feed` `figure` `feed_key`           the city's aggregate output
`text` `number` `theme`              words, digits and colours
"""
