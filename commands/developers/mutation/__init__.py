"""What `./ioc mutations` is made of.

`find`        the single changes that a module's source text admits
`subject`     what is mutated, by which tests, and which mutations change nothing that counts
`laboratory`  runs of the tests, each in a process of its own, with one change
`exchange`    puts a function's change into a process that has imported the module already
"""
