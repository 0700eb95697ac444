"""What a person types: one file a command, run by the launcher `ioc`; the other modules are what they share.

A command is a module with a `main(arguments)` and a docstring that has a line beginning with `Vi:`; its first line and that
one are its entry in `./ioc help`. Knows all folders; no folder knows it.

`parts`          what a running install consists of: processes, ports, and how each shows that it is ready
`stack`          the same parts in a folder of their own, for tests, `replay` and `bench`
`supervision`    supervisord: its configuration, and questions to the running one
`lone_warehouse` our own engine on the folder of an install that does not run, for `backup` and `restore`
`comparison`     what a backup holds against what is there
`restarts`       which parts the supervisor had to start again, and whether that is a crash loop
`liveness`       ends parts that hang; `probe` asks a part how it is
`ports`          who holds a port
`secret_files`   secrets made at first start
`pretend_clock`  what time it is in the pretend ward
"""
