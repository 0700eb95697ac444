"""Reference: what the ward consists of, as events, so that it has an age and a proof like everything else."""

from typing import ClassVar

from ingest.contract.code import AreaCode, StepCode, Word
from ingest.contract.event import Event
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.label import Label
from ingest.contract.quantity import Moment


class _Area(Event):
    """What every event of a residential group (tổ dân phố) carries."""

    stream: ClassVar[str] = "reference"
    about: ClassVar[str] = "area_code"

    area_code: AreaCode
    at: Moment


class AreaRegistered(_Area):
    """A residential group exists."""

    kind: ClassVar[str] = "area.registered"
    label: ClassVar[Label] = Label("Ghi nhận tổ dân phố", "Residential group registered")


class AreaDissolved(_Area):
    """A residential group was merged or dissolved; if it is registered later, it exists again."""

    kind: ClassVar[str] = "area.dissolved"
    label: ClassVar[Label] = Label("Sáp nhập, giải thể tổ dân phố", "Residential group dissolved")

    decided_by: Word
    """The unit of the ward that decided it."""
    reason_code: Word


class TeamFormed(_Area):
    """The group's community digital team (tổ công nghệ số cộng đồng) was formed."""

    kind: ClassVar[str] = "team.formed"
    label: ClassVar[Label] = Label("Lập tổ công nghệ số cộng đồng", "Digital team formed")

    team_ref: StepCode


class TeamDissolved(_Area):
    """The group's community digital team ended."""

    kind: ClassVar[str] = "team.dissolved"
    label: ClassVar[Label] = Label("Giải thể tổ công nghệ số cộng đồng", "Digital team dissolved")

    team_ref: StepCode


class ReferenceImportWithdrawn(ImportWithdrawn):
    """An import of events of before was taken back."""

    stream: ClassVar[str] = "reference"
    kind: ClassVar[str] = "reference.import_withdrawn"
