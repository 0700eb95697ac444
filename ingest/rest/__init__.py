"""Sources that are polled over REST.

`poller`  asks for what is new, and backs off
`cursor`  how far a source has been read, in a file that survives a power cut
"""
