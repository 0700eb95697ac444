"""Import withdrawal: what people imported of events of before, and take back.

Each stream that takes such events has an event of its own, so that it stands behind all that it takes back. From then on these count
nowhere; they are kept beside the events that count.
"""

from typing import ClassVar

from ingest.contract.code import AccountName, Reference
from ingest.contract.event import Event
from ingest.contract.label import Label
from ingest.contract.quantity import Moment

IMPORTED = "import."
"""Begin of the id of each event of before that people imported."""


class ImportWithdrawn(Event):
    """All events of an import that stand before it in the stream are taken back."""

    about: ClassVar[str] = "batch"
    label: ClassVar[Label] = Label("Hoàn tác một lần nhập", "Import taken back")

    batch: Reference
    """Which import: a digest of its file."""
    who: AccountName
    at: Moment


def import_source(ward: str, batch: str) -> str:
    """The CloudEvents source of the events of an import."""
    return f"/{ward}/ioc/import/{batch}"
