"""Entry tables: what is due, what waits, what a file would change, and who did what."""

from collections.abc import Mapping, Sequence
from datetime import date

from dash import html
from dash.development.base_component import Component

from dashboard.components.table import Cell, data_table
from dashboard.entry.amount import amount_text, period_name
from dashboard.entry.change import ImportPlan
from dashboard.entry.event_file import EventPlan, event_plan_said
from dashboard.entry.event_undo import EventImport, EventUndo
from dashboard.words import text
from dashboard.words.event_name import event_name
from ingest.contract.clock import milliseconds
from ingest.contract.events.figure import FigureConfirmed, FigureEntered, FigureRejected, FigureWithdrawn
from ingest.contract.label import Label, Language
from warehouse.catalogue import entered_kind, figure_kinds, indicator
from warehouse.figures.kind import FigureKind
from warehouse.query.entered import EnteredFigure, FigureAct, ImportBatch

MOST_ACTS = 100
"""Of the history, the newest."""
MOST_CHANGES = 200
"""Of what a file would change, the first."""

DUE_HEADS = (
    Label("Chỉ tiêu", "Figure"), Label("Kỳ", "Period"), Label("Hạn", "Due"), Label("Tình trạng", "State"), Label("Số", "Number"),
    Label("Người nhập · người xác nhận", "Entered by · confirmed by"),
)  # fmt: skip
PLAN_HEADS = (
    Label("Chỉ tiêu", "Figure"),
    Label("Kỳ", "Period"),
    Label("Việc", "Change"),
    Label("Đang có", "Before"),
    Label("Sẽ là", "After"),
)
HISTORY_HEADS = (
    Label("Lúc", "When"), Label("Ai", "Who"), Label("Việc", "What"), Label("Chỉ tiêu", "Figure"), Label("Kỳ", "Period"),
    Label("Số", "Number"), Label("Lý do, nguồn", "Reason, source"),
)  # fmt: skip
ACTS = {
    FigureEntered.kind: Label("nhập, chờ xác nhận", "entered, to be confirmed"),
    FigureConfirmed.kind: Label("xác nhận", "confirmed"),
    FigureRejected.kind: Label("không xác nhận", "rejected"),
    FigureWithdrawn.kind: Label("rút", "withdrawn"),
}
CHANGES = {
    "new": Label("mới", "new"),
    "corrected": Label("sửa", "correction"),
    "withdrawn": Label("rút", "withdrawn"),
}
MISSING, LATE = Label("chưa nhập", "missing"), Label("quá hạn", "overdue")
UNUSED = Label("phường chưa dùng", "not used by the ward")
"""A kind that the ward has never entered is not missed, here as in the alarms."""
WAITS, THERE = Label("chờ xác nhận", "to be confirmed"), Label("đã có", "entered")
SAME = Label(
    "{count} dòng nói đúng số đang có.",
    "{count} rows say what is there already.",
    "{count} row says what is there already.",
)
MORE = Label("… và {count} thay đổi nữa.", "… and {count} more changes.", "… and {count} more change.")
SIZE = Label("{count} số", "{count} figures", "{count} figure")
EVENTS_SIZE = Label("{count} sự kiện “{kind}”", "{count} events “{kind}”", "{count} event “{kind}”")
NOTHING = Label("Tệp không thay đổi gì.", "The file changes nothing.")
NEEDS_SECOND = Label(
    "Số cần người thứ hai xác nhận chỉ tính sau khi được xác nhận.",
    "Where a second person confirms, a figure counts only then.",
)
NO_ACTS = Label("Chưa ai nhập gì.", "Nobody has entered anything yet.")


def figures_due(known: Mapping[str, EnteredFigure], today: date, language: Language) -> Component:
    """Each kind with its newest period that is over: what is missing first."""
    found: list[tuple[int, date, list[Cell]]] = []
    used = {figure.acts[-1].data["kind_code"] for figure in known.values()}
    for kind in figure_kinds().values():
        period = kind.last_period(today)
        figure = known.get(f"{kind.code}:{period.code}", EnteredFigure("", ()))
        act, due = figure.draft or figure.standing, kind.due(period)
        missing = (LATE if due < today else MISSING) if kind.code in used else UNUSED
        state = (WAITS if figure.draft else THERE) if act else missing
        status = {LATE: "critical", MISSING: "warning", WAITS: "warning"}.get(state, "normal")
        persons = " · ".join(dict.fromkeys([str(act.data.get("entered_by", act.who)), act.who])) if act else ""
        row: list[Cell] = [
            html.A(kind.label.text(language), href=f"/proof/{kind.id}"),
            period_name(period.code, language),
            f"{due:%d/%m/%Y}",
            html.Span([html.Span(className=f"sign sign-{status}"), state.text(language)]),
            stated(kind, act, language) if act else "",
            persons,
        ]
        found.append(([LATE, MISSING, WAITS, THERE, UNUSED].index(state), due, row))
    rows = [row for _, _, row in sorted(found, key=lambda one: one[:2])]
    return data_table([head.text(language) for head in DUE_HEADS], rows)


def drafts(known: Mapping[str, EnteredFigure], language: Language) -> list[dict[str, str]]:
    """What waits, to choose from; each with its version, so that nothing is confirmed but what was seen."""
    found = []
    for figure in known.values():
        kind = entered_kind(figure.acts[-1].data["kind_code"])
        if figure.draft and kind:
            said = f"{kind.label.text(language)} · {period_name(figure.draft.data['period'], language)}: "
            found.append(
                {
                    "value": f"{figure.ref}@{figure.version}",
                    "label": f"{said}{stated(kind, figure.draft, language)} · {figure.draft.who}",
                }
            )
    return found


def batches(
    known: Mapping[str, EnteredFigure],
    imports: Sequence[ImportBatch],
    of_events: Sequence[EventImport],
    language: Language,
) -> list[dict[str, str]]:
    """The imports, the newest first."""
    acts: dict[str, list[FigureAct]] = {}
    for figure in known.values():
        for act in figure.acts:
            if batch := act.data.get("batch"):
                acts.setdefault(batch, []).append(act)
    newest = {batch: max(found, key=lambda act: act.at_ms) for batch, found in acts.items()}
    listed = [*imports, *(ImportBatch(batch, act.at_ms, act.who, len(acts[batch])) for batch, act in newest.items())]
    told = [(one.at_ms, one.who, SIZE.filled(count=one.size), one.batch) for one in listed]
    told += [
        (milliseconds(one.at), one.who, EVENTS_SIZE.filled(count=one.size, kind=event_name(one.kind)), one.batch)
        for one in of_events
    ]
    return [
        {
            "value": batch,
            "label": f"{text.local_time(at_ms):%H:%M %d/%m/%Y} · {who} · {size.text(language)} · {batch}",
        }
        for at_ms, who, size, batch in sorted(told, reverse=True)[:MOST_ACTS]
    ]


def plan_table(plan: ImportPlan, language: Language) -> list[Component]:
    """What would change, and what is wrong in which cell."""
    rows: list[list[Cell]] = []
    for change in plan.changes[:MOST_CHANGES]:
        statement = change.statement
        kind, after = statement.kind, None if change.kind == "withdrawn" else statement.amounts
        rows.append(
            [
                kind.label.text(language),
                " · ".join([period_name(statement.period.code, language), *filter(None, statement.split)]),
                CHANGES[change.kind].text(language),
                *(_amounts(kind, amounts, language) if amounts else "" for amounts in (change.before, after)),
            ]
        )
    faults = [
        html.Li(f"{fault.cell}: {fault.said.text(language)}" if fault.cell else fault.said.text(language))
        for fault in plan.faults
    ]
    said = [SAME.text(language, count=plan.same)] if plan.same else []
    if len(plan.changes) > len(rows):
        said.append(MORE.text(language, count=len(plan.changes) - len(rows)))
    if any(change.statement.kind.confirms for change in plan.changes):
        said.append(NEEDS_SECOND.text(language))
    table = data_table([head.text(language) for head in PLAN_HEADS], rows, empty=NOTHING.text(language))
    quiet = [html.P(words, className="quiet") for words in said]
    return [*([html.Ul(faults, className="fault")] if faults else []), table, *quiet]


def event_plan_table(plan: EventPlan, language: Language) -> list[Component]:
    """What importing events would do, and what is wrong in which cell."""
    faults = [html.Li(f"{fault.cell}: {fault.said.text(language)}") for fault in plan.faults]
    said = [html.P(words.text(language)) for words in event_plan_said(plan)]
    return [*([html.Ul(faults, className="fault")] if faults else []), *said]


def undo_table(undo: EventUndo, language: Language) -> list[Component]:
    """What undoing an import of events would do, or why it cannot be done."""
    return [html.P(words.text(language), className="fault" if undo.faults else "") for words in undo.said]


def history_table(known: Mapping[str, EnteredFigure], language: Language) -> Component:
    """Who did what, the newest first."""
    acts = sorted(((act, figure) for figure in known.values() for act in figure.acts), key=lambda one: -one[0].at_ms)
    rows: list[list[Cell]] = []
    for act, _ in acts[:MOST_ACTS]:
        kind = entered_kind(act.data["kind_code"])
        said = [act.data.get(name) for name in ("reason_code", "source_code")]
        rows.append(
            [
                f"{text.local_time(act.at_ms):%H:%M %d/%m/%Y}",
                act.who,
                ACTS[act.kind].text(language),
                kind.label.text(language) if kind else act.data["kind_code"],
                period_name(act.data["period"], language),
                stated(kind, act, language) if kind and "numerator" in act.data else "",
                "; ".join(text.name_of_code(code, language) for code in said if code),
            ]
        )
    return data_table([head.text(language) for head in HISTORY_HEADS], rows, empty=NO_ACTS.text(language))


def stated(kind: FigureKind, act: FigureAct, language: Language) -> str:
    """What an act says, as people read it."""
    return _amounts(kind, act.stated, language)


def _amounts(kind: FigureKind, amounts: tuple[int, int], language: Language) -> str:
    return amount_text(indicator(kind.id), kind.of_whole is not None, amounts, language)
