"""What every process needs, whatever it does.

`process`     what a process does first: private files, one line a log record, an end with its parent
`health`      how a process is, over HTTP on loopback
`liveness`    whether it still does its work
`readiness`   whether what it needs is there
`metrics`     what is counted and measured for Prometheus
`restarts`    which processes were started again lately
`disk_space`  whether there is enough free disk for what is accepted
`durable`     files that a power cut leaves as they were or as they were meant to be
`backoff`     how long to wait before something is tried again
`failpoint`   a named place where a test can end, freeze or fail the process
"""
