"""Dashboard: the board in Dash, the analysts' page, and the city's feed; the only folder that knows Dash.

`app`          puts everything together; `guard` stands before every route of it
`accounts`     who may enter; `session` who has entered; `viewer` who asks at this moment
`live`         the ward's figures as they are now; `transport` brings their changes to the browsers
`page`         what a page is; `pages/` one file a page
`tile` `chart` `groups` `attention` `headline`   what the overview is made of
`freshness`    whether a figure may be trusted as live
`text` `number` `theme`   words, digits and colours
`feed` `feed_key`   the city's aggregate output
"""
