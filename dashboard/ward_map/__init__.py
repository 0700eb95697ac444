"""The outline of the ward and its residential groups, as the board draws it. `geojson` and `drawing` are pure.

`geojson`  what a file of boundaries may say, and why another one is refused
`drawing`  boundaries as shapes on a screen, and where each group's number stands
`kept`     the files that an administrator has taken in the browser
`file`     which boundaries are drawn: a file that was taken, the ward's in the data folder, or the pretend ward's
`card`     the map as a part of a page
"""
