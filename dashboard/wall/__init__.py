"""Wall: the board on screens that nobody touches - by token instead of a log-in, turning its own pages, for months.

`display`  the screens that are let in, and their tokens
`door`     from a token in the address to a cookie; what a screen sees that is not let in
`tour`     which pages a screen shows, and how long each stands
`app`      an app of Dash of its own, with nothing in it but the pages' figures: what is not there cannot be reached

`assets/wall.js` turns the pages in the browser, jumps to a new alarm, and starts afresh for a new version.
"""
