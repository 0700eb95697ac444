"""Sources that are polled over REST.

`poller`    asks for what is new, and backs off
`oauth`     a token from a source that gives one to those who know a secret
`calendar`  the meetings of a calendar, read by a process of its own
"""
