"""What every page needs.

`page`           what a page is, and how its changing parts are told apart from the standing ones
`layout`         puts the changing parts into the standing ones
`figures`        the ward's figures as they are now, without anything of Dash
`live`           the figures as browsers see them, a frame a page
`agreement`      memory compared with the warehouse, which is right
`queries`        how pages ask the warehouse
`page_services`  what the callbacks of pages may use
`wall_tour`      which pages a screen shows one after the other
`alarm_signal`   the newest alarm on every page, for what has to react to it
"""
