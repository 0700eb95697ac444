"""Tile: how an indicator stands on the screen - its figure, what it is out of, its age and its freshness.

A card asks one question: one large figure, a caption that says of what and out of how many, a few small figures for the next
questions. The card's freshness is that of its figure which deserves the least trust.
"""

from collections.abc import Sequence
from typing import NamedTuple

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.state.page import BoardState, PropertyUpdate, PropertyUpdates
from dashboard.words import moment, number, text
from dashboard.words.freshness import Freshness, freshness, worst_freshness
from warehouse.model.indicator import Status
from warehouse.model.reading import TOTAL, Reading, Split

QUIET_AFTER_MS = 3_600_000
"""How long ago the newest event of a source that reports is, so that its time is told instead of its age."""


def card(id: str, title: str, *body: Component, facts: Sequence[Component] = ()) -> Component:
    """A card with its title, its freshness, and whatever it shows.

    Args:
        id: name of the card; its freshness is pushed by `card_updates`.
        title: what it is about.
        body: what it shows.
        facts: figures that stand in its head.
    """
    head = html.Div(
        [dmc.Title(title, order=2, className="title"), html.Div(list(facts), className="facts"), freshness_mark(id)],
        className="card-head",
    )
    whole: Component = dmc.Card(
        [head, *body], id=f"{id}-card", className="card", attributes={"root": {"role": "region", "aria-label": title}}
    )
    return whole


def card_updates(id: str, state: BoardState, indicators: Sequence[str]) -> PropertyUpdates:
    """How fresh what is connected of a card is, and whether it needs somebody: a coloured border is for that only, a warning has its sign alone.

    Args:
        id: name of the card.
        state: what is shown.
        indicators: ids of the indicators on it.
    """
    readings = [state.read(one) for one in indicators]
    found = [freshness(reading, state.signs, state.now_ms) for reading in readings]
    fresh = worst_freshness([one for one in found if one.state != "unconnected"] or found)
    statuses = [shown_status(reading, state) for reading in readings]
    newest_ms = max(reading.newest_ms for reading in readings)
    needs = "act" if fresh.state == "down" or "critical" in statuses else ""
    needs = needs or ("look" if fresh.state in ("late", "stale") else "")
    says = "" if any(reading.known and reading.numerator for reading in readings) else " says-nothing"
    return {
        **freshness_updates(id, fresh._replace(newest_ms=newest_ms), state),
        PropertyUpdate(f"{id}-card", "className"): f"card needs-{needs or 'nobody'}{says}",
    }


class FreshnessLook(NamedTuple):
    """How a freshness is shown."""

    classes: str
    word: str
    since_ms: int
    """From when the browser counts the age; 0: it counts none."""


def freshness_look(fresh: Freshness, state: BoardState) -> FreshnessLook:
    """The word for a freshness, and the time from which the browser counts the age.

    The age is that of the newest event while the source reports, and of its last sign when it does not. Where nothing has happened
    for an hour, an age would look as if the figure were old: then it is said that the source is live, and when its newest event was.
    """
    is_quiet = fresh.state == "live" and 0 < fresh.newest_ms < state.now_ms - QUIET_AFTER_MS
    since = {"live": 0 if is_quiet else fresh.newest_ms, "late": fresh.sign_ms, "stale": fresh.sign_ms}.get(
        fresh.state, 0
    )
    word = text.state_word(fresh.state, fresh.sign_ms, state.now_ms, state.language)
    if is_quiet:
        time = text.clock_time(fresh.newest_ms, state.now_ms).replace(" ", number.SPACE)
        word = state.say(text.QUIET, time=time).replace("tin cuối ", f"tin{number.SPACE}cuối{number.SPACE}")
    return FreshnessLook(f"fresh is-{fresh.state}{' is-quiet' if is_quiet else ''}", word, since)


def freshness_updates(id: str, fresh: Freshness, state: BoardState) -> PropertyUpdates:
    """What fills the place of `freshness_mark`."""
    look = freshness_look(fresh, state)
    return {
        PropertyUpdate(f"{id}-fresh", "className"): look.classes,
        PropertyUpdate(f"{id}-fresh", "data-state"): fresh.state,
        PropertyUpdate(f"{id}-fresh", "data-newest"): fresh.newest_ms,
        PropertyUpdate(f"{id}-word", "children"): look.word,
        PropertyUpdate(f"{id}-age", "data-since"): look.since_ms,
    }


def big(id: str, unit: str = "", *, second: bool = False) -> Component:
    """A card's large figure with its unit.

    Args:
        id: the indicator.
        unit: what stands behind the figure; empty where it is pushed.
        second: a smaller size, for cards of less weight.
    """
    figure = [html.Span(id=f"{id}-sign"), html.A(id=f"{id}-figure", className="figure")]
    return html.Div(
        html.Div(
            [*figure, html.Span(unit or None, id=f"{id}-unit", className="unit")],
            className="big second" if second else "big",
        ),
        id=id,
    )


def small(id: str, label: str) -> Component:
    """A small figure with its sign, its label and, of a ratio, what it is out of."""
    return html.Div(
        [
            html.Div([html.Span(id=f"{id}-sign", className="sign"), html.A(id=f"{id}-figure", className="figure")]),
            html.Div([label, html.Span(id=f"{id}-parts", className="parts")], className="small-label"),
        ],
        id=id,
        className="small",
    )


def fact(id: str, before: str = "", after: str = "") -> Component:
    """A figure within a line of text."""
    return html.Span(
        [
            f"{before} " if before else "",
            html.Span(id=f"{id}-sign", className="sign"),
            html.A(id=f"{id}-figure", className="figure"),
            html.Span(f" {after}" if after else None, id=f"{id}-after"),
        ],
        id=id,
        className="fact",
    )


def fact_updates(id: str, state: BoardState) -> PropertyUpdates:
    """A figure within a line of text: with its unit where it is a time or a share."""
    name, reading = id.lower(), state.read(id)
    return {
        **figure_updates(id, state, shown=_small_digits(reading, state)),
        PropertyUpdate(
            name, "className"
        ): f"fact status-{shown_status(reading, state)} fresh-{freshness(reading, state.signs, state.now_ms).state}",
    }


def smalls(*several: Component) -> Component:
    """Small figures side by side."""
    return html.Div(list(several), className="smalls")


def figure_updates(
    id: str, state: BoardState, *, shown: str | None = None, split: Split = TOTAL, name: str = ""
) -> PropertyUpdates:
    """What every figure carries: its digits, its status, where it comes from, and numerator and denominator for whoever reads the page.

    Args:
        id: the indicator.
        state: what is shown.
        shown: the digits, where they are not the value itself.
        split: a member instead of the total.
        name: id of the components, where it is not the indicator's own.
    """
    reading = state.read(id, split)
    fresh = freshness(reading, state.signs, state.now_ms)
    status = shown_status(reading, state)
    name = name or id.lower()
    return {
        PropertyUpdate(f"{name}-figure", "children"): number.figure_text(reading, state.language)
        if shown is None
        else shown,
        PropertyUpdate(f"{name}-figure", "href"): moment.moment_address(f"/history/{id}", state.now_ms)
        if state.past
        else f"/history/{id}",
        PropertyUpdate(
            f"{name}-figure", "aria-label"
        ): f"{reading.indicator.label.text(state.language)}: {number.with_unit(reading, state.language)}",
        PropertyUpdate(f"{name}-sign", "className"): sign(status),
        PropertyUpdate(name, "className"): f"shown status-{status} fresh-{fresh.state}",
        PropertyUpdate(name, "title"): description(reading, fresh, state),
        PropertyUpdate(name, "data-indicator"): id,
        PropertyUpdate(name, "data-numerator"): reading.numerator,
        PropertyUpdate(name, "data-denominator"): reading.denominator,
        PropertyUpdate(name, "data-state"): fresh.state,
    }


def big_updates(id: str, state: BoardState) -> PropertyUpdates:
    """A large figure: the same, with its unit, which English may have in the singular."""
    found, unit = figure_updates(id, state), state.read(id).indicator.unit
    digits = found[PropertyUpdate(f"{id.lower()}-figure", "children")]
    said = "" if unit.out_of else state.say(unit.label, count=digits)
    return found | {PropertyUpdate(f"{id.lower()}-unit", "children"): said}


def small_updates(
    id: str, state: BoardState, *, shown: str | None = None, split: Split = TOTAL, name: str = "", parts: bool = True
) -> PropertyUpdates:
    """A small figure: the same, with its unit, its sign and its parts."""
    reading = state.read(id, split)
    name = name or id.lower()
    digits = _small_digits(reading, state) if shown is None else shown
    is_empty = digits == number.NONE
    has_parts = parts and not is_empty and not reading.indicator.unit.out_of
    said = number.fraction_text(reading, state.language) if has_parts else ""
    return {
        **figure_updates(id, state, shown=digits, split=split, name=name),
        PropertyUpdate(
            name, "className"
        ): f"small{' is-empty' if is_empty else ''} status-{shown_status(reading, state)} fresh-{freshness(reading, state.signs, state.now_ms).state}",
        PropertyUpdate(f"{name}-parts", "children"): said,
    }


def description(reading: Reading, fresh: Freshness, state: BoardState) -> str:
    """An indicator in one line: what it is, its value and parts, its newest event and its freshness; shown when pointed at."""
    one = reading.indicator
    lines = [
        f"{one.id} {one.label.text(state.language)}: {number.with_unit(reading, state.language)}",
        one.definition.text(state.language),
        number.fraction_text(reading, state.language),
        text.state_word(fresh.state, fresh.sign_ms, state.now_ms, state.language),
    ]
    if reading.newest_ms:
        lines.append(state.say(text.NEWEST, time=f"{text.local_time(reading.newest_ms):%H:%M:%S %d/%m}"))
    return "\n".join(line for line in lines if line)


def shown_status(reading: Reading, state: BoardState) -> Status:
    """What a figure means; nothing yet where devices seem to be missing that have not had the time to speak."""
    is_unheard = freshness(reading, state.signs, state.now_ms).state == "unheard"
    return "normal" if is_unheard else reading.status


def sign(status: Status) -> str:
    """The class that draws a status's sign."""
    return f"sign sign-{status}"


def freshness_mark(id: str) -> Component:
    """The place for the word and the age that `freshness_updates` fills."""
    return html.Div(
        [
            html.Span(className="dot"),
            html.Span(id=f"{id}-word", className="word"),
            html.Span(id=f"{id}-age", className="age"),
        ],
        id=f"{id}-fresh",
        className="fresh",
    )


def _small_digits(reading: Reading, state: BoardState) -> str:
    """With its unit where it is a time, a share or a mean; of what is counted the label says of what."""
    one = reading.indicator
    is_count = one.unit.factor == 1 and not one.is_ratio
    if is_count or one.unit.out_of:
        return number.figure_text(reading, state.language)
    return number.with_unit(reading, state.language, is_short=True)
