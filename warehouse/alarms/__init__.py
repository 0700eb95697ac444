"""The ward's alarm rules, one file a domain: what somebody must act on, beside the indicators that show it.

`camera`     cameras that see nothing, and alerts that nobody has looked at
`dossier`    what will soon be too late, and what is too late
`equipment`  devices and lines of the service centre that do not work
`figure`     what people have to enter, and what is overdue
`health`     sources that are silent, software that does not answer
`petition`   what must be answered soon, and what should have been
`queue`      people wait too long, few counters are open, or nobody comes although the office is
`speaker`    loudspeakers that do not answer
`system`     the warehouse, the disk, the streams, audit, backup, calendar and dead letters of this install
"""
