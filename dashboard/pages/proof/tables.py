"""Proof tables: the rows of the proof page - members, windows, corrections, events, and queries to run oneself."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.access.viewer import Viewer
from dashboard.components.table import Cell, data_table
from dashboard.pages.sql.address import record_address, sql_address
from dashboard.words import number, text
from dashboard.words.dimension_name import dimension_name
from dashboard.words.event_name import event_name
from ingest.contract.label import Label, Language
from warehouse.catalogue import indicator
from warehouse.model.indicator import Indicator
from warehouse.model.reading import TOTAL
from warehouse.proof.evidence import CorrectedFigure, Evidence
from warehouse.proof.proof import Proof, ProofWindow, ShownFigure
from warehouse.proof.queries import PROOF_QUERIES, ProofQuery, indicator_query
from warehouse.query.day_totals import DayTotal
from warehouse.recompute.sql import flow_sql, stock_sql

MOST_MEMBERS = 200
MOST_CORRECTIONS = 20
MEMBER_HEADS = (
    Label("Chiều", "Dimension"),
    Label("Thành phần", "Member"),
    Label("Giá trị", "Value"),
    Label("Trên bảng", "On the board"),
    Label("Tính lại", "Recomputed"),
    Label("So sánh", "Comparison"),
)
ENTERED_DAYS = Label(
    "Trước khi IOC đếm có tổng của {count} ngày do phường nhập ({sources}), từ {first} đến {last}: chỉ hiện trong diễn biến, không cộng "
    "vào số này.",
    "Of before this system counted the ward entered day totals ({sources}), {count} from {first} to {last}: they are "
    "shown in the history alone and are no part of this figure.",
)
WINDOW_HEADS = (
    Label("Khung", "Window"),
    Label("Giá trị", "Value"),
    Label("Đã lưu", "Stored"),
    Label("Tính lại", "Recomputed"),
    Label("So sánh", "Comparison"),
    Label("Lần sửa", "Revision"),
    Label("Trạng thái", "State"),
)
INDICATOR = Label("Chỉ số", "Indicator")
CORRECTION_HEADS = (
    Label("Lúc sửa", "Corrected at"),
    INDICATOR,
    Label("Khung", "Window"),
    Label("Cũ", "Old"),
    Label("Mới", "New"),
    Label("Lần", "Revision"),
    Label("Vì sự kiện", "Because of"),
)
EVENT_HEADS = (
    Label("Lúc xảy ra", "Happened at"),
    Label("Loại", "Kind"),
    Label("Đối tượng (mã giả danh)", "Subject (pseudonym)"),
    Label("Vị trí trong Kafka", "Place in Kafka"),
)
CLOSED = Label("đã chốt", "closed")
OPEN = Label("đang mở", "open")
SAME = Label("khớp", "agrees")
OTHER = Label("sai lệch", "differs")
NO_CORRECTIONS = Label("Chưa có số đã chốt nào bị sửa.", "No closed figure was ever changed.")
MORE = Label("Còn nữa: xem bảng corrections trong trang SQL.", "There are more: see corrections in the SQL page.")
NO_EVENTS = Label("Chưa có sự kiện nào.", "There is no event yet.")
QUERY_NAMES: dict[ProofQuery, Label] = {
    "stored": Label("Các khung đã lưu (indicator_values)", "Stored windows (indicator_values)"),
    "recomputed": Label("Tính lại từ sự kiện (events)", "Recomputation from the events"),
    "events": Label("Sự kiện phía sau (events)", "Events behind it"),
    "corrections": Label("Các lần sửa (corrections)", "Corrections"),
}
RUN = Label("Mở trong trang SQL", "Open in the SQL page")
TOO_LONG = Label("quá dài cho trang SQL", "too long for the SQL page")
INTERNAL = Label("Câu lệnh mà hệ thống dùng để tính lại", "What the system itself recomputes with")


def member_table(what: ShownFigure, found: Proof, language: Language) -> Component:
    """Each member's figure beside its recomputation."""
    mine = what.sides()
    differing = {(dimension, member) for _, _, dimension, member in found.differing}
    splits = sorted({*mine, *found.sides} - {TOTAL})
    rows: list[list[Cell]] = [
        [
            dimension_name(dimension).text(language),
            text.member(member, language),
            number.value_of(what.one, mine.get((dimension, member), (0, 0)), language),
            number.sides(what.one, mine.get((dimension, member), (0, 0)), language),
            number.sides(what.one, found.sides.get((dimension, member), (0, 0)), language),
            _mark((dimension, member) not in differing, language),
        ]
        for dimension, member in splits[:MOST_MEMBERS]
    ]
    return data_table([head.text(language) for head in MEMBER_HEADS], rows, (2, 3, 4))


def window_table(one: Indicator, windows: list[ProofWindow], language: Language) -> Component:
    """The last windows as stored, beside their recomputation."""
    rows: list[list[Cell]] = [
        [
            f"{text.local_time(window.stored.window_ms):%H:%M %d/%m/%Y}",
            number.value_of(one, (window.stored.numerator, window.stored.denominator), language),
            number.sides(one, (window.stored.numerator, window.stored.denominator), language),
            number.sides(one, window.recomputed, language),
            _mark(window.agrees, language),
            str(window.stored.revision),
            (CLOSED if window.is_closed else OPEN).text(language),
        ]
        for window in windows
    ]
    return data_table([head.text(language) for head in WINDOW_HEADS], rows, (1, 2, 3, 5))


def entered_note(one: Indicator, entered: Sequence[DayTotal], language: Language) -> list[Component]:
    """What people entered of days before, which is no part of the figure; nothing where there is none."""
    if not entered:
        return []
    days = sorted({total.day_ms for total in entered})
    first, last = (f"{text.local_time(day):%d/%m/%Y}" for day in (days[0], days[-1]))
    sources = ", ".join(sorted({text.name_of_code(total.source_code, language) for total in entered}))
    said = ENTERED_DAYS.text(language, count=len(days), first=first, last=last, sources=sources)
    return [html.P([said, " ", html.A(text.HISTORY.text(language), href=f"/history/{one.id}")], className="quiet")]


def correction_table(corrected: list[CorrectedFigure], language: Language, *, named: bool = True) -> list[Component]:
    """Old and new figures of closed windows, and the event that changed each.

    Args:
        corrected: the corrections, newest first.
        language: of the words.
        named: whether they are of several indicators.
    """
    rows: list[list[Cell]] = []
    for one in corrected[:MOST_CORRECTIONS]:
        declared = indicator(one.indicator)
        name = html.A(f"{one.indicator} {declared.label.text(language)}", href=f"/proof/{one.indicator}")
        rows.append(
            [
                f"{text.local_time(one.corrected_ms):%H:%M:%S %d/%m}",
                *([name] if named else []),
                f"{text.local_time(one.window_ms):%H:%M %d/%m}",
                *(number.sides(declared, pair, language).replace(number.SPACE, " ") for pair in (one.old, one.new)),
                str(one.revision),
                f"{event_name(one.cause.kind).text(language)} {one.cause.subject}",
            ]
        )
    heads = [head.text(language) for head in CORRECTION_HEADS if named or head != INDICATOR]
    told = [html.P(MORE.text(language), className="quiet")] if len(corrected) > MOST_CORRECTIONS else []
    numbers = (3, 4, 5) if named else (2, 3, 4)
    return [data_table(heads, rows, numbers, NO_CORRECTIONS.text(language)), *told]


def event_table(events: list[Evidence], person: Viewer) -> Component:
    """The newest events, each with its place, which leads analysts to the event itself."""
    language = person.language
    rows: list[list[Cell]] = []
    for event in events:
        place = f"{event.topic} / {event.partition} / {event.offset}"
        link = html.A(place, href=record_address(event.topic, event.partition, event.offset))
        rows.append(
            [
                f"{text.local_time(event.at_ms):%H:%M:%S %d/%m}",
                event_name(event.kind).text(language),
                event.subject,
                link if person.may("analyst") else place,
            ]
        )
    return data_table([head.text(language) for head in EVENT_HEADS], rows, (), NO_EVENTS.text(language))


def query_list(one: Indicator, ward: str, at_ms: int, person: Viewer) -> list[Component]:
    """Queries to run oneself, and the one that the system runs."""
    language = person.language
    found: list[Component] = []
    for part in PROOF_QUERIES:
        query = indicator_query(one, ward, part, at_ms)
        name = QUERY_NAMES[part].text(language)
        if query is None:
            found.append(html.P(f"{name}: {TOO_LONG.text(language)}", className="quiet"))
            continue
        link = html.A(
            RUN.text(language), href=sql_address(one, part, at_ms), className="button", id=f"proof-run-{part}"
        )
        found.append(_foldable(name, query, [link] if person.may("analyst") else []))
    texts = [flow_sql(one)] if one.has_flow else []
    texts += [stock_sql(one, at_ms)] if one.has_stock else []
    return [*found, _foldable(INTERNAL.text(language), "\n\n".join(texts), [])]


def _foldable(name: str, query: str, links: list[Component]) -> Component:
    return html.Div([html.Details([html.Summary(name), html.Pre(query)]), *links], className="query")


def _mark(same: bool, language: Language) -> Cell:
    """Equal, or a difference that somebody must look at: sign, word and colour."""
    if same:
        return f"= {SAME.text(language)}"
    return html.Span([html.Span(className="sign sign-critical"), OTHER.text(language)], className="other")
