"""The pure heart: events in, values out, the same for any split and any replay.

`fold`      the events of one partition become states and values
`flows`     what entities contribute to windows; a closed window that changes gets a revision
`stocks`    what is so at a moment, closed minute by minute
`entities`  the entities of one kind in one ward
`compiled`  what entities contribute to the indicators, compiled from the declarations
`plan`      the declarations, laid out for the inner loop
"""
