"""Alarms: the rules of `warehouse/alarms` judged, people told, and what both did as events of the topic `ioc.alarm.v1`.

The process `python -m dashboard.alarm` judges and tells; the boards show what the log says, and send what people do. None of them has
a memory of its own: an alarm is the fold of its events, so it is the same in all of them and after every restart. The order of the
events is that of the log, and of what contradicts itself the first holds. Nothing here knows Dash, and the process has none of it in
its memory.

What a crash does:

- before a decision is acknowledged by Kafka: it is sent again as it was, from the disk, or decided again under the same id;
- between a message and the note that it was sent: it is sent again, under the same id, by which the receiver can tell;
- between a click and its acknowledgement: the person sees an error, and the same click sends the same event, which counts once;
- a process that was frozen and goes on although another has taken over: what it decides has an id that the log has already.

`event_log/`     the events, and the alarms that follow from them
`evaluator`      whether an alarm is raised, gets worse, clears or is escalated; pure
`observation`    what each rule's measure says now
`facts`          what is known of the system itself, as numbers
`deadlines`      the earliest deadlines, asked from the warehouse
`judge`          judges every rule once a second, and writes what it decides
`outbox`         what was decided or begun, on disk until the log says the same
`notification/`  tells people by webhook and mail
`sentence`       what an alarm says
`alarm_process`  puts the process together, and tells how it is
`settings`       who is told how, and when not
`__main__`       `python -m dashboard.alarm`
"""
