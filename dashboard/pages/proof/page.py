"""Proof: what stands behind one figure - its definition and formula, the same figure recomputed from the events, and the events.

`/proof/<indicator>`. The figure itself is live, as on the wall; what is compared comes from `callbacks`.
"""

from datetime import timedelta

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.components import header, tile
from dashboard.state.page import BoardState, Page, PropertyUpdate, PropertyUpdates
from dashboard.words import number, text
from dashboard.words.dimension_name import dimension_name
from ingest.contract.label import Label
from warehouse.catalogue import measure, measures
from warehouse.meaning import adds_up, period_of, steps_text
from warehouse.model.indicator import Derived, Indicator, Measure, Threshold
from warehouse.proof import formula
from warehouse.proof.formula import FormulaTerm

SHOWN = Label("Hiện nay", "Now")
DEFINITION = Label("Định nghĩa", "Definition")
FORMULA = Label("Công thức", "Formula")
NUMERATOR = Label("Tử số", "Numerator")
DENOMINATOR = Label("Mẫu số", "Denominator")
VALUE = Label("Giá trị", "Value")
CHECK = Label("Tính lại từ sự kiện gốc", "Recomputed from the raw events")
AGAIN = Label("Tính lại", "Recompute")
CHECKING = Label("Đang tính lại…", "Recomputing…")
MEMBERS = Label("Theo thành phần", "By member")
WINDOWS = Label("Các khung gần nhất", "Last windows")
CORRECTIONS = Label("Số đã chốt được sửa", "Closed figures that changed")
EVENTS = Label("Sự kiện mới nhất phía sau", "Newest events behind it")
QUERIES = Label("Tự kiểm tra bằng SQL", "Check it yourself in SQL")
ENTITY = Label("Đối tượng được đếm", "What is counted")
SOURCES = Label("Nguồn", "Sources")
UNIT = Label("Đơn vị", "Unit")
WINDOW = Label("Khung lưu", "Window kept")
SPAN = Label("Phạm vi của số", "Span of the figure")
THRESHOLDS = Label("Ngưỡng", "Thresholds")
LOOK = Label("cần xem", "look")
ACT = Label("cần xử lý", "act")
NO_THRESHOLD = Label("không có", "none")
SPLIT_BY = Label("Tách theo", "Split by")
AS_OF = Label("tính đến {time}", "as of {time}")
STATUSES = {
    "normal": Label("bình thường", "normal"),
    "warning": Label("cần xem", "look"),
    "critical": Label("cần xử lý", "act"),
}

COUNTED = Label("mỗi {entity} tính 1", "1 for each {entity}")
EACH = Label("mỗi {field} khác nhau của các {entity} tính 1", "1 for each {field} among the {entity}s")
SUMMED = Label("mỗi {entity} tính {amount}", "{amount} for each {entity}")
LARGEST = Label("{amount} lớn nhất trong các {entity}", "the largest {amount} of any {entity}")
HAPPENED = Label("vào lúc {at}", "at {at}")
NOW_SO = Label("tại thời điểm now", "at the moment now")
RANKED = Label(
    "giá trị mà {percent} % không vượt quá, của {{}}, làm tròn lên {step}",
    "what {percent}% do not exceed, of {{}}, rounded up to {step}",
)
BASELINE = Label("Số nền", "Baseline")
BASED = Label("{parts} đến hết {day}", "{parts} until the end of {day}")
NO_BASELINE = Label("chưa nhập", "none entered")
GAP = Label("Khoảng trống", "Gap")
LEAVES_OUT = Label("Không tính", "Leaves out")
ADDS_UP = Label("Cách cộng các dòng, các phường", "How rows and wards add up")
LIFE_CYCLE = Label("Khi vòng đời đổi hướng", "At the steps of a life")
LAW = Label("Căn cứ", "Law")
VERSION = Label("Định nghĩa", "Definition")
SINCE = Label("lần {version}, từ {day}", "number {version}, since {day}")
MADE_OF = Label("Tính từ", "Calculated from")
DERIVED = Label(
    "Chỉ số này không được lưu riêng: mỗi thành phần có phần kiểm chứng của nó.",
    "Nothing of this figure is stored: each of its parts has a proof of its own.",
)
SUCH_THAT = Label("với {where}", "where {where}")
PLUS = Label("cộng", "plus")
WITH = Label("trong đó", "where")
HOURS = Label("{count} giờ", "{count} h")
MINUTES = Label("{count} phút", "{count} min")


def layout(state: BoardState) -> Component:
    """The figure and what it means on the left, what the events say on the right."""
    say, one = state.say, measure(state.argument)
    path = f"/proof/{one.id}"
    head = html.Header(
        [
            header.navigation(state, viewer(), path),
            header.way_back(say(text.BACK), "/"),
            html.A(say(text.HISTORY), href=f"/history/{one.id}", id="proof-history", className="back"),
            html.H1(f"{one.id} · {say(one.label)}"),
        ],
        className="desk-head",
    )
    meaning = [_figure(state, one), _definition(state, one)]
    if isinstance(one, Derived):
        parts = html.Section([_derivation(state, one), _parts(state, one)], className="proof-said")
        main = html.Main(
            [html.Section(meaning, className="proof-meaning"), parts], className="desk-scroll proof", tabIndex=0
        )
        return html.Div([head, main], className="desk")
    meaning.append(_formula(state, one))
    said = html.Section(
        [
            html.Div(
                [
                    html.H2(say(CHECK)),
                    dmc.Button(say(AGAIN), id="proof-again", variant="default", size="xs"),
                ],
                className="block-head",
            ),
            html.Div(say(CHECKING), id="proof-verdict", className="verdict", role="status"),
            *_block(state, MEMBERS, "proof-members", shown=bool(one.dimensions)),
            *_block(state, WINDOWS, "proof-windows"),
            *_block(state, CORRECTIONS, "proof-corrections"),
            *_block(state, EVENTS, "proof-events"),
            *_block(state, QUERIES, "proof-queries"),
        ],
        className="proof-said",
    )
    quiet = [
        dcc.Store(id="proof-of", data=one.id),
        dcc.Interval(id="proof-wait", interval=2000, max_intervals=30, disabled=True),
    ]
    main = html.Main(
        [html.Section(meaning, className="proof-meaning"), said, *quiet], className="desk-scroll proof", tabIndex=0
    )
    return html.Div([head, main], className="desk")


def updates(state: BoardState) -> PropertyUpdates:
    """The figure as it is now."""
    one = measure(state.argument)
    reading, language = state.read(one.id), state.language
    name = one.id.lower()
    found = {
        **tile.big_updates(one.id, state),
        **tile.card_updates("proof", state, [one.id]),
        PropertyUpdate("proof-parts", "children"): number.fraction_text(reading, language),
        PropertyUpdate("proof-status", "children"): state.say(STATUSES[reading.status]),
        PropertyUpdate("proof-as-of", "children"): state.say(
            AS_OF, time=f"{text.local_time(reading.as_of_ms):%H:%M:%S %d/%m/%Y}"
        )
        if reading.known
        else "",
    }
    del found[PropertyUpdate(f"{name}-figure", "href")]
    for part in one.made_of if isinstance(one, Derived) else ():
        found |= tile.small_updates(part.id, state, name=f"part-{part.id.lower()}")
    return found


def _figure(state: BoardState, one: Measure) -> Component:
    caption = html.Div(
        [
            html.Span(id="proof-parts", className="parts-first"),
            html.Span(id="proof-status"),
            html.Span(id="proof-as-of"),
        ],
        className="caption proof-caption",
    )
    return tile.card("proof", state.say(SHOWN), tile.big(one.id.lower(), second=True), caption)


def _definition(state: BoardState, one: Indicator | Derived) -> Component:
    say = state.say
    facts: list[tuple[Label, str | Component]] = [
        (UNIT, say(one.unit.label)),
        (THRESHOLDS, _thresholds(one.threshold, state, one)),
    ]
    if isinstance(one, Indicator):
        facts = [(ENTITY, f"{say(one.of.label)} ({one.of.id})"), *facts, *_counted(state, one)]
    if one.sources:
        facts.append((SOURCES, ", ".join(text.source_name(source, state.language) for source in one.sources)))
    facts += [
        (LEAVES_OUT, say(one.leaves_out)),
        (ADDS_UP, say(adds_up(one))),
        (LIFE_CYCLE, say(steps_text(one))),
        (LAW, say(one.law)),
        (VERSION, say(SINCE, version=one.version, day=f"{one.since:%d/%m/%Y}")),
    ]
    rows = [part for label, said in facts for part in (html.Dt(say(label)), html.Dd(said))]
    return html.Div(
        [
            html.H2(say(DEFINITION)),
            html.P(one.definition.text(state.language), className="definition"),
            html.P(one.definition.text("en" if state.language == "vi" else "vi"), className="quiet"),
            html.Dl(rows, className="facts-list"),
        ],
        className="block",
    )


def _counted(state: BoardState, one: Indicator) -> list[tuple[Label, str | Component]]:
    """How an indicator is kept: window, span, dimensions, and where its count begins."""
    say = state.say
    facts: list[tuple[Label, str | Component]] = [
        (WINDOW, _duration(one.window, state) if one.has_flow else say(MINUTES, count=1)),
        (SPAN, say(period_of(one))),
    ]
    if one.dimensions:
        named = (f"{say(dimension_name(by.name))} ({by.name})" for by in one.dimensions)
        facts.append((SPLIT_BY, ", ".join(named)))
    if base := one.baseline:
        facts += [(BASELINE, _based(state, base)), (GAP, say(base.leaves_out))]
    return facts


def _based(state: BoardState, base: Indicator) -> Component:
    """What the baseline is, until when, and where it was read, with how sure that is; it leads to its own proof."""
    reading = state.read(base.id)
    if not reading.known:
        return html.Span(state.say(NO_BASELINE))
    codes = [
        text.name_of_code(member, state.language)
        for dimension in base.by
        if isinstance(dimension, str)
        for member in state.members(base.id, dimension)
    ]
    shown = number.with_unit(reading, state.language)
    said = state.say(BASED, parts=shown, day=f"{text.local_time(reading.newest_ms):%d/%m/%Y}")
    return html.Span([html.A(said, href=f"/proof/{base.id}"), f" ({'; '.join(codes)})"])


def _derivation(state: BoardState, one: Derived) -> Component:
    said = html.P(html.Code(state.say(one.formula)), className="definition")
    return html.Div([html.H2(state.say(FORMULA)), said], className="block")


def _parts(state: BoardState, one: Derived) -> Component:
    """What a derived measure is calculated from; each leads to its own proof."""
    parts = [tile.small(f"part-{part.id.lower()}", f"{part.id} {state.say(part.label)}") for part in one.made_of]
    note = html.P(state.say(DERIVED), className="quiet")
    return html.Div([html.H2(state.say(MADE_OF)), note, tile.smalls(*parts)], className="block")


def _formula(state: BoardState, one: Indicator) -> Component:
    found = formula.formula_terms(one, state.language)
    sides = [(NUMERATOR if one.is_ratio or one.value.rank else VALUE, True), (DENOMINATOR, False)]
    parts: list[Component] = []
    for label, is_numerator in sides:
        lines = [line for line in found if line.is_numerator == is_numerator]
        for place, line in enumerate(lines):
            parts += [html.Dt(state.say(PLUS if place else label)), html.Dd(_line(state, one, line))]
    if rank := one.value.rank:
        ranked = state.say(RANKED, percent=rank.percent, step=formula.number(rank.step, state.language))
        parts += [html.Dt(state.say(VALUE)), html.Dd(_with_code(ranked, formula.ranked(one, state.language)))]
    named = [
        html.Li(
            [
                html.Code(definition.name),
                " = ",
                html.Code(definition.text),
                *[html.Div(html.Code(step), className="step") for step in definition.steps],
            ]
        )
        for definition in formula.formula_definitions(one, state.language)
    ]
    with_ = [html.P(state.say(WITH), className="quiet"), html.Ul(named, className="named")] if named else []
    return html.Div([html.H2(state.say(FORMULA)), html.Dl(parts, className="formula"), *with_], className="block")


def _line(state: BoardState, one: Indicator, line: FormulaTerm) -> list[Component | str]:
    """One part in a sentence: how it is counted, of what, when, and under which condition."""
    counted = state.say(
        EACH if one.value.each else LARGEST if line.largest else SUMMED if line.amount else COUNTED,
        entity=state.say(one.of.label).lower(),
        amount="{}",
        field=one.value.each,
    )
    said = [
        _with_code(counted, line.amount),
        _with_code(state.say(HAPPENED, at="{}") if line.is_flow else state.say(NOW_SO), line.at),
    ]
    if line.where:
        said.append(_with_code(state.say(SUCH_THAT, where="{}"), line.where))
    joined = said[0]
    for more in said[1:]:
        joined = [*joined, ", ", *more]
    return joined


def _with_code(said: str, code: str) -> list[Component | str]:
    before, placed, after = said.partition("{}")
    return [before, html.Code(code), after] if placed else [said]


def _thresholds(threshold: Threshold | None, state: BoardState, one: Measure) -> str:
    if threshold is None:
        return state.say(NO_THRESHOLD)
    mark = "<" if threshold.below else ">"
    gap, unit = number.gap(one, state.language), one.unit.label
    limits = [(threshold.warning, LOOK), (threshold.critical, ACT)]
    point = "," if state.language == "vi" else "."
    said = [(f"{limit:g}".replace(".", point), word) for limit, word in limits if limit is not None]
    return " · ".join(
        f"{mark}{number.SPACE}{limit}{gap}{state.say(unit, count=limit)}: {state.say(word)}" for limit, word in said
    )


def _duration(time: timedelta, state: BoardState) -> str:
    minutes = time // timedelta(minutes=1)
    return state.say(HOURS, count=minutes // 60) if minutes % 60 == 0 else state.say(MINUTES, count=minutes)


def _block(state: BoardState, title: Label, id: str, *, shown: bool = True) -> list[Component]:
    reading = html.P(state.say(text.READING), className="quiet")
    return [
        html.H2(state.say(title), hidden=not shown),
        html.Div(reading, id=id, className="block-body", hidden=not shown),
    ]


PAGE = Page(
    path="/proof",
    label=text.PROOF,
    right="leader",
    layout=layout,
    updates=updates,
    arguments=lambda: [one.id for one in measures()],
)
