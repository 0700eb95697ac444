"""The event types, one file a stream; fields and streams as in domain.md part (c)."""

from functools import cache

import ingest.events as package
from ingest.declared import modules
from ingest.event import Event


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
