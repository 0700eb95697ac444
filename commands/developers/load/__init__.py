"""Load for the bench, and browsers.

`events`       a city's events, plausible in their mix
`screens`      many screens of the wall at one board
`plain_agent`  the bench's peer: a plain Faust agent
`chromium`     the browser that commands look at the board with
"""
