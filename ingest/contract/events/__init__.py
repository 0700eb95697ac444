"""The event types, one file a stream, and what streams share.

`alarm`      what was decided, done and told about alarms
`camera`     what the cameras counted and noticed, and their own health
`content`    news items that the ward published
`document`   papers issued and received by the office
`dossier`    files of the one-stop shop on their way
`equipment`  devices of the service centre and its lines
`figure`     what people of the ward enter, confirm and correct
`health`     whether the sources and the ward's own software work
`petition`   feedback and petitions of citizens
`queue`      tickets of the kiosk, and the counters that serve them
`reference`  what the ward consists of
`speaker`    loudspeakers and what they broadcast

`import_withdrawal`  an import of events of before is taken back, in any of these streams
"""

from functools import cache

import ingest.contract.events as package
from ingest.contract.event import Event
from ingest.discovery import modules


@cache
def event_types() -> dict[str, type[Event]]:
    """Every event type by its CloudEvents type, in file order."""
    found: dict[str, type[Event]] = {}
    for module in modules(package):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Event) and value.kind:
                found[value.type()] = value
    return found


def streams() -> list[str]:
    """The streams' names, in file order; each has one topic."""
    return list(dict.fromkeys(event.stream for event in event_types().values()))
