"""Event: the frozen base model of everything that happened, and the types its fields are made of."""

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated, Any, ClassVar

from annotated_types import Ge
from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

Code = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9._:|/+-]+$")]
"""A code or pseudonymous reference: never free text, never a name."""

Moment = Annotated[AwareDatetime, Ge(EARLIEST)]
"""A point in time with its zone, not before the year 2000."""

Whole = Annotated[int, Ge(0)]
"""A whole number that cannot be negative."""


class Event(BaseModel):
    """One thing that happened, without personal data (domain.md 5.2).

    Strict where we produce: an unknown field is refused. A subclass with a `kind` is an event type; the classes between are the
    fields that a family shares.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stream: ClassVar[str]
    """Name of the topic's stream, for example `queue`."""
    kind: ClassVar[str] = ""
    """What happened, for example `ticket.issued`."""
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
