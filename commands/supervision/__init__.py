"""The processes of an install while they run.

`supervisor`       supervisord: its configuration, and questions to the running one
`watch`            how the start goes, and what ends and comes back
`liveness`         ends processes that hang
`probe`            asks a process how it is
`ready`            whether a process does its work, asked from outside
`container_check`  the same for a container, asked of the service itself
`restarts`         how often each was started again, and how it ended
`doctor_checks`    what processes and jobs report of themselves, as findings of `./ioc doctor`
`stack`            the same processes in a folder of their own, for tests, `replay` and developers
"""
