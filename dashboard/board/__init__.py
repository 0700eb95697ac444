"""How a board shows the ward's state to browsers.

`layout`         puts the changing parts into the standing ones
`live`           the figures as browsers see them, a frame a page
`filled_pages`   what pages showed when they left the board
`wall_tour`      which pages a screen shows one after the other
`alarm_signal`   the newest alarm on every page, for what has to react to it
`alarm_desk`     shows the alarms, and sends what people do about them
`source_list`    which kinds of events each source may tell
`page_services`  what the callbacks of pages may use
"""
