"""Ends a worker that must not go on, or does not, and shows how it is.

`freeze`  a worker that stood still for longer than Kafka waits
`stall`   a worker that takes nothing though Kafka has something for it
`exit`    the ways in which a worker ends itself, each with its exit code
`health`  how a worker shows that it is at work
`lag`     how far a partition is behind
"""
