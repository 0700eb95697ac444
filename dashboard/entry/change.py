"""Change: what a file would change, row by row, before it does; and how an import is undone, as corrections of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from dashboard.access.viewer import Viewer
from dashboard.entry.act import UNCHANGED, UNDONE, Statement, enter, reject, withdraw
from dashboard.entry.amount import EntryRefused, period_name
from dashboard.entry.day_plan import PlannedDays
from dashboard.entry.file import CellFault, FigureFile, cell_of
from ingest.contract.calendar import local_day
from ingest.contract.event import Event
from ingest.contract.label import LANGUAGES, Label
from warehouse.catalogue import entered_kind
from warehouse.figures.day_total import is_of_a_day
from warehouse.figures.kind import read_period
from warehouse.query.day_totals import CountedDays
from warehouse.query.entered import EnteredFigure

OVERLAPS = Label(
    "kỳ này trùng ngày với {period} đã nhập của cùng chỉ tiêu: sẽ đếm hai lần",
    "this period shares days with {period}, which was entered for the same figure: they would count twice",
)

ChangeKind = Literal["new", "corrected", "withdrawn"]

NOT_LAST = Label(
    "{ref}: đã có thay đổi sau lần nhập này, không hoàn tác tự động",
    "{ref}: it was changed after this import, and is left as it is",
)


class PlannedChange(NamedTuple):
    """One figure that an import, or its undoing, changes."""

    kind: ChangeKind
    statement: Statement
    before: tuple[int, int] | None
    """What stands."""
    event: Event


class ImportPlan(NamedTuple):
    """All of them."""

    batch: str
    changes: list[PlannedChange]
    same: int
    """Rows that say what is there already."""
    faults: list[CellFault]

    @property
    def events(self) -> list[Event]:
        """What is sent to do it."""
        return [change.event for change in self.changes]


def plan_import(
    file: FigureFile,
    known: Mapping[str, EnteredFigure],
    person: Viewer,
    at: datetime,
    counted: Mapping[str, CountedDays] | None = None,
) -> ImportPlan:
    """What entering a file would change; nothing is done.

    Args:
        file: the file.
        known: what was entered, by kind and period; of a file of totals of days, those.
        person: who imports it.
        at: now.
        counted: of each indicator of which there are totals of days, what this system counts by itself.
    """
    plan = ImportPlan(file.batch, [], 0, list(file.faults))
    same = 0
    days = PlannedDays(known, counted or {}, local_day(at))
    for row, statement, reason in file.rows:
        figure = known.get(statement.ref, EnteredFigure(statement.ref, ()))
        standing = figure.standing
        try:
            if is_of_a_day(statement.kind):
                days.see(statement)
            else:
                _see_no_day_counts_twice(statement, known, [change.statement for change in plan.changes])
            event = enter(statement, figure, person, at, reason, file.batch)
        except EntryRefused as fault:
            if fault.said == UNCHANGED:
                same += 1
            else:
                plan.faults.append(CellFault(cell_of(row, fault.field), fault.said))
            continue
        before = standing.stated if standing else None
        plan.changes.append(PlannedChange("corrected" if standing else "new", statement, before, event))
    return plan._replace(same=same)


def _see_no_day_counts_twice(what: Statement, known: Mapping[str, EnteredFigure], planned: list[Statement]) -> None:
    """Of a kind whose periods are any stretches of days, which are added up."""
    if what.kind.period is not None:
        return
    standing = [
        read_period(figure.standing.data["period"])
        for figure in known.values()
        if figure.standing and figure.standing.data["kind_code"] == what.kind.code
    ]
    for other in [*standing, *(one.period for one in planned if one.kind == what.kind)]:
        if other != what.period and other.first <= what.period.last and what.period.first <= other.last:
            name = Label(*(period_name(other.code, language) for language in LANGUAGES))
            raise EntryRefused(OVERLAPS.filled(period=name), "period")


def plan_undo(batch: str, known: Mapping[str, EnteredFigure], person: Viewer, at: datetime) -> ImportPlan:
    """What undoing an import would change: what stood before it is entered again, what was not there is withdrawn, what waits is dropped."""
    plan = ImportPlan(batch, [], 0, [])
    for figure in known.values():
        if not any(act.data.get("batch") == batch for act in figure.acts):
            continue
        last = figure.last_stated
        kind = entered_kind(last.data["kind_code"])
        if kind is None or last.data.get("batch") != batch:
            plan.faults.append(CellFault("", NOT_LAST.filled(ref=figure.ref)))
            continue
        before, standing = figure.before(batch), figure.standing
        period, split = read_period(last.data["period"]), (last.data.get("dimension", ""), last.data.get("member", ""))
        statement = Statement(kind, period, before.stated if before else last.stated, split=split)
        if before:
            words: dict[str, Any] = {name: str(before.data[name]) for name in ("source_code", "bound", "dates")}
            statement = statement._replace(**words)
        try:
            if figure.draft:
                change = PlannedChange("withdrawn", statement, None, reject(kind, figure, person, at))
            elif standing is None:
                continue
            elif before:
                event = enter(statement, figure, person, at, UNDONE)
                change = PlannedChange("corrected", statement, standing.stated, event)
            else:
                change = PlannedChange("withdrawn", statement, standing.stated, withdraw(kind, figure, person, at))
        except EntryRefused as fault:
            plan.faults.append(CellFault("", Label(f"{figure.ref}: {fault.said.vi}", f"{figure.ref}: {fault.said.en}")))
            continue
        plan.changes.append(change)
    return plan
