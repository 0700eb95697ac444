"""Sources as an administrator sees and changes them, in a process that knows connectors and in one that does not.

`message`  what is asked and answered
`remote`   the asking and the answering over HTTP
`reach`    to which addresses a source that was set up in the browser may lead us
"""
