"""Every port of ours, and what those who reach it may cost.

`sockets`            how a process takes a TCP port, whether one answers, and how many connections it can hold
`http_server`        uvicorn behind limits, for every port that people, devices and programs reach
`connection_limits`  which connections of a listener stay when there are more than places
`rate_limit`         so many units a second and so many at once
`concurrency_limit`  how much may be in work at once, of one client and of all
"""
