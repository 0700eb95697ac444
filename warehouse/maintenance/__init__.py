"""What has to be done so that the ward's figures are still there in ten years, by itself and at night.

`python -m warehouse.maintenance` looks at the disks and runs the jobs when they are due.

`keeper`     the process that stays; it holds little and waits much
`schedule`   when a job is due (pure)
`jobs`       backup, audit and retention, each in a process of its own that ends afterwards
`status`     what became of them: a small file that others read
`retention`  how long each table keeps its rows
`settings`   when, where to, how many
`backups/`   making backups and restoring them
`__main__`   the keeper, or one of its jobs now
"""
