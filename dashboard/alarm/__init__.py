"""Alarms: the rules of `warehouse/alarms` judged while the board runs, kept, told to people, and handled by them.

`alarm`                              what an alarm is: the fold of its acts; pure
`evaluator`                          whether one is raised, gets worse, clears or is escalated; pure
`observing` `facts`                  what each rule's measure says now
`duty`                               runs it all, and takes what people do
`journal`                            what was done, on the board's own disk first
`sentence` `panel` `signal`          what an alarm says; the list on the wall; the newest one on every page
`log` `listing` `history`            the same in full: what was done about one, the active ones, those of the last weeks
`desk`                               what people do about them, for `pages/alarms` and `pages/alarm`
`settings`                           who is told how, and when not
"""
