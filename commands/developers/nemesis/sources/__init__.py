"""The sources of a run.

`message`  one message, and what must become of it
`scripts`  lives of tickets, petitions, dossiers and loudspeakers
`senders`  how a message gets into the system
`devices`  what is heard of devices that confirm nothing
`driver`   all sources in one event loop, at a steady pace
`people`   a person at the board, who is told of alarms, and their causes
`journal`  what was said and what was acknowledged: the oracle that the check believes
"""
