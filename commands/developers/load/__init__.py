"""Load for the bench, and browsers.

`events`          a city's events, plausible in their mix
`screens`         many screens of the wall at one board
`travel`          minutes of the past, one after the other, in a browser
`plain_agent`     what the bench measures by: a plain Faust agent
`peers`           other frameworks for streams, where they are installed
`plain_counts`    what these do with events
`quix_counts`     that by Quix Streams
`bytewax_counts`  that by Bytewax
`chromium`        the browser that commands look at the board with
"""
