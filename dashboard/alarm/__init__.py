"""Alarms: the rules of `warehouse/alarms` judged while the board runs, kept, and told to people.

`alarm`          what an alarm is: the fold of its acts; pure
`evaluator`      whether one is raised, gets worse, clears or is escalated; pure
`observation`    what each rule's measure says now
`facts`          what the board knows of the system itself, as numbers
`alarm_service`  judges every rule, and takes what people do
`journal`        what was done, on the board's own disk first
`sentence`       what an alarm says
`message`        what people are told outside the board
`delivery`       tells people, again until it has worked
`channels`       how a message leaves the board: a signed webhook, or a mail
`settings`       who is told how, and when not
"""
