"""Dead letters tried again with the code of today.

`replay`  what becomes of a dead letter, and sending what comes of it
`remote`  the same asked of the connectors over HTTP, for the board, which does not know them
"""
