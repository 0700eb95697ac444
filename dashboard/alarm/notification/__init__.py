"""How people are told of alarms outside the board.

`delivery`  tells people, again until it has worked
`channels`  how a message leaves: a signed webhook, or a mail
`message`   what people are told
"""
