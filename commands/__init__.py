"""What a person types: one file a command, run by the launcher `ioc`. Knows all folders; no folder knows it.

A command is a module with a `main(arguments)` and a docstring that has a line beginning with `Vi:`; its first line and that
one are its entry in `./ioc help`. Found by being here, or in `developers/`.

`account`       who may enter the board
`audit`         count everything again and compare
`backup`        make a backup
`connectors`    what each source's device needs
`display`       let screens show the wall
`doctor`        what is wrong with this install, and what to do about it
`down`          stop this install
`feed_key`      keys of the city's feed
`import`        figures that people keep in files
`letters`       dead letters: show, send again, let a stream go on
`replay`        replay the ward's report of 2025
`restore`       restore a backup
`status`        what runs, how far it is behind, and how fresh the figures are
`up`            start everything on this PC
`install/`      one install: its settings, processes, ports, lock and secrets; telling a person of it
`supervision/`  its processes while they run
`developers/`   what only developers run; not in the image
"""
