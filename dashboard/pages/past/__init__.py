"""Every page as it was at a minute.

`frame`      what stands around a page of the past: the mark that it is past, the ways through time
`memory`     the days that somebody looks at, and the states of their minutes
`callbacks`  moving through time
"""
