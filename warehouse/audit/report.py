"""Audit report: what an audit compared and what it found, for people, for programs and for the table `audits`."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from ingest.contract.clock import WARD_ZONE, moment
from ingest.contract.label import Label

MOST_SHOWN = 250
"""So many differences of each section are kept in full; all are counted."""

AuditSection = Literal["values", "records", "letters", "feed", "board"]
"""Where a difference was found: stored figures against the events, events against Kafka, dead letters against their topic,
figures as the city and as the board see them against the stored ones."""

Grain = Literal["flow", "stock"]

FigureKey = tuple[str, str, Grain, int, str, str]
"""Ward, indicator, grain, window, dimension, member of a figure."""


class Difference(NamedTuple):
    """Two things that should be the same and are not."""

    section: AuditSection
    fault: str
    """What is wrong, as a word: see `FAULTS`."""
    place: str
    """What it is about, readable."""
    found: str
    """What is there."""
    expected: str
    """What should be."""


class Mismatch(NamedTuple):
    """A stored figure that is not what the raw events give."""

    place: FigureKey
    fault: str
    found: tuple[int, int]
    expected: tuple[int, int]

    def difference(self) -> Difference:
        """The same for the report."""
        return Difference("values", self.fault, name_figure(self.place), _sides(self.found), _sides(self.expected))


FAULTS = {
    "wrong": Label("sai", "another figure than the events give"),
    "missing": Label("thiếu", "not there"),
    "extra": Label("thừa", "there, though nothing gives it"),
    "open": Label("chưa chốt", "a past minute that was never closed"),
    "unequal": Label("tổng lệch", "the members do not add up to the total"),
    "doubled": Label("trùng", "there more than once"),
    "beyond": Label("vượt quá", "a position that Kafka does not have"),
    "lost": Label("đã mất", "neither in the tables nor in Kafka any more"),
}
"""Every fault in both languages."""

SECTIONS = {
    "older": Label("số cũ hơn", "older figures"),
    "records": Label("bản ghi của Kafka", "Kafka's records"),
    "letters": Label("sự kiện lỗi", "dead letters"),
    "feed": Label("số gửi thành phố", "the city's feed"),
    "board": Label("số trên bảng", "the board's figures"),
}
"""Beside the stored figures, what is checked or can be left unchecked; within a sentence."""


@dataclass
class AuditedHour:
    """One hour of a stream, by the time at which Kafka took its records."""

    start: datetime
    kafka: int = 0
    raw: int = 0
    repeats: int = 0
    conflicts: int = 0
    dead_letters: int = 0
    missing: int = 0
    doubled: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    """Events stored, by kind."""


@dataclass
class AuditedStream:
    """One topic: records in Kafka, and what became of them."""

    kafka: int = 0
    """Records that Kafka still holds of the audited time, up to where the workers are."""
    raw: int = 0
    repeats: int = 0
    """Records sent again under an id that was stored before, conflicts among them."""
    conflicts: int = 0
    """Repeats with another content."""
    dead_letters: int = 0
    missing: int = 0
    doubled: int = 0
    behind: int = 0
    """Records that the workers have not taken yet."""
    kinds: dict[str, int] = field(default_factory=dict)
    hours: list[AuditedHour] = field(default_factory=list)

    def add(self, hour: AuditedHour) -> None:
        """Count an hour of one of its partitions."""
        same = next((known for known in self.hours if known.start == hour.start), None)
        if same is None:
            same = AuditedHour(hour.start)
            self.hours.append(same)
        for total in (self, same):
            for name in ("kafka", "raw", "repeats", "conflicts", "dead_letters", "missing", "doubled"):
                setattr(total, name, getattr(total, name) + getattr(hour, name))
            for kind, count in hour.kinds.items():
                total.kinds[kind] = total.kinds.get(kind, 0) + count


@dataclass
class AuditedFigures:
    """How much was compared of one thing, and how much of it differed."""

    compared: int = 0
    differences: int = 0


@dataclass
class AuditReport:
    """One audit."""

    scope: str
    started_at: datetime
    finished_at: datetime
    """Both by the install's clock."""
    real_started_at: datetime
    seconds: float = 0.0
    streams: dict[str, AuditedStream] = field(default_factory=dict)
    """By topic."""
    indicators: dict[str, AuditedFigures] = field(default_factory=dict)
    """Stored figures against the events, by indicator."""
    shown: dict[str, AuditedFigures] = field(default_factory=dict)
    """What is seen outside against the stored figures: `feed` and `board`."""
    corrections: AuditedFigures = field(default_factory=AuditedFigures)
    """Corrected totals, and those among them whose newest correction does not say the figure; told only."""
    not_checked: dict[str, Label] = field(default_factory=dict)
    """By section, why it could not be checked."""
    found: list[Difference] = field(default_factory=list)
    """The first differences of each section, at most `MOST_SHOWN`."""
    differences: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)
    """Every figure that a repair would write."""
    repairs: list[str] = field(default_factory=list)
    """What a repair wrote."""

    @property
    def compared(self) -> int:
        """How many figures and records were looked at."""
        checked = [*self.indicators.values(), *self.shown.values()]
        return sum(one.compared for one in checked) + sum(one.kafka for one in self.streams.values())

    def add(self, differences: Iterable[Difference]) -> None:
        """Count differences, and keep the first ones."""
        kept = Counter(difference.section for difference in self.found)
        for difference in differences:
            self.differences += 1
            kept[difference.section] += 1
            if kept[difference.section] <= MOST_SHOWN:
                self.found.append(difference)

    def as_json(self) -> dict[str, Any]:
        """Everything for programs; `differences` is their number, `found` the first of them."""
        values = asdict(self)
        del values["mismatches"]
        head = {name: values.pop(name) for name in ("scope", "started_at", "finished_at", "real_started_at", "seconds")}
        values["not_checked"] = {section: why.en for section, why in self.not_checked.items()}
        names = ("part", *Difference._fields[1:])  # programs and stored reports know the section under that name
        found = [dict(zip(names, one, strict=True)) for one in self.found]
        whole = {**head, "compared": self.compared, "differences": self.differences, **values, "found": found}
        return json.loads(json.dumps(whole, default=datetime.isoformat))  # type: ignore[no-any-return]


def name_figure(place: FigureKey) -> str:
    """A figure's place as people read it, its window in the ward's time; window 0 is the newest."""
    ward, indicator, grain, window_ms, dimension, member = place
    at = f" {moment(window_ms).astimezone(WARD_ZONE):%Y-%m-%d %H:%M}" if window_ms else ""
    split = f" {dimension}={member}" if dimension else ""
    return f"{ward} {indicator} {grain}{at}{split}"


def _sides(sums: tuple[int, int]) -> str:
    return f"{sums[0]}/{sums[1]}" if sums[1] else str(sums[0])
