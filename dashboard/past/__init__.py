"""Past: the board as it was at any minute, and the history of each figure.

`moment`    which minute an address asks for
`memory`    keeps a few days that were read, and makes scenes of their minutes
`frame`     what stands around a page of the past: the mark that it is past, the ways through time
`turning`   what moving through time does
"""
