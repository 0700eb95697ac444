"""Event name: what an event says happened, as people call it, with the code by which files and SQL call it."""

from functools import cache

from ingest.contract.events import event_types
from ingest.contract.label import Label


def event_name(kind: str) -> Label:
    """The name of a kind of event: `Tiếp nhận hồ sơ (dossier.received)`; of one that is not declared any more, its code."""
    label = _labels().get(kind)
    return label.changed(lambda said: f"{said} ({kind})") if label else Label(kind, kind)


@cache
def _labels() -> dict[str, Label]:
    return {one.kind: one.label for one in event_types().values()}
