"""Event: the frozen base model of everything that happened; its fields are of the kinds of `code` and `quantity`."""

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from ingest.contract.label import Label


class Event(BaseModel):
    """One thing that happened, without personal data (Luật 91/2025/QH15).

    Strict where we produce: an unknown field is refused. A subclass with a `kind` is an event type; the classes between are the
    fields that a family shares.
    """

    # Most processes read most events by the decoder alone, and never build these.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    stream: ClassVar[str]
    """Name of the topic's stream, for example `queue`."""
    kind: ClassVar[str] = ""
    """What happened, for example `ticket.issued`."""
    label: ClassVar[Label]
    """The same for people."""
    occurred: ClassVar[str] = "at"
    """Name of the field that tells when it happened."""
    about: ClassVar[str]
    """Name of the field that names the entity it happened to: the envelope's `subject`."""
    natural: ClassVar[tuple[str, ...]] = ()
    """Fields that, with entity, kind and time, tell two such events apart."""

    @classmethod
    def type(cls) -> str:
        """The CloudEvents type, for example `vn.hongbang.queue.ticket.issued.v1`."""
        return f"vn.hongbang.{cls.stream}.{cls.kind}.v1"

    @property
    def occurred_at(self) -> datetime:
        """When it happened, in event time."""
        moment: datetime = getattr(self, self.occurred)
        return moment

    @property
    def subject(self) -> str:
        """The entity it happened to."""
        subject: str = getattr(self, self.about)
        return subject

    def natural_id(self, source: str) -> str:
        """A deterministic id for sources that give none: the same happening always gets the same id.

        Args:
            source: the CloudEvents source.
        """
        when = self.occurred_at.astimezone(UTC).isoformat(timespec="milliseconds")
        parts: list[Any] = [source, self.kind, self.subject, when, *(getattr(self, name) for name in self.natural)]
        return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).hexdigest()
