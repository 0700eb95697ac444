"""Attention: what somebody has to look at now - figures over their thresholds, sources and software away, the system itself."""

from typing import NamedTuple

from dash import html
from dash.development.base_component import Component

from dashboard import number, text, tile
from dashboard.freshness import freshness, source_freshness, worst
from dashboard.groups import offline_numbers
from dashboard.page import Leaf, Leaves, Scene
from dashboard.standing import AUDITED_WITHIN
from ingest.clock import milliseconds, moment
from ingest.room import shown
from warehouse.indicator import Measure, Status, measures
from warehouse.reading import Reading

ROWS = 5
"""Places in the list; when there is more, the last one counts the rest."""

ELSEWHERE = frozenset({"H01", "H04", "H05", "H07", "S01"})
"""Indicators that have rows of their own here, or say what another row says already."""

_AREAS = 8


class Row(NamedTuple):
    """One thing to look at."""

    status: Status
    what: str
    detail: str
    page: str | None = None
    """Where to read more."""


def rows(scene: Scene) -> list[Row]:
    """What needs somebody, the worst first."""
    found = [*_system(scene), *_sources(scene), *_outages(scene), *_figures(scene)]
    return sorted(found, key=lambda row: row.status != "critical")


def panel() -> Component:
    """The list's standing places."""
    places = [
        html.Li(
            [
                html.Span(id=f"attention-{place}-sign"),
                html.A(id=f"attention-{place}-what", className="what"),
                html.Span(id=f"attention-{place}-detail", className="detail"),
            ],
            id=f"attention-{place}",
        )
        for place in range(ROWS)
    ]
    return html.Ul(places, className="attention")


def leaves(scene: Scene) -> Leaves:
    """The list as it is now, and its title."""
    found = rows(scene)
    count = len(found)
    status: Status = found[0].status if found else "normal"
    shown = found[:ROWS]
    if count > ROWS:
        shown = [*found[: ROWS - 1], Row("normal", scene.say(text.MORE, count=count - ROWS + 1), "")]
    shown += [Row("normal", "", "")] * (ROWS - len(shown))
    system = [freshness(scene.read(one), scene.signs, scene.now_ms) for one in ("H01", "H04")]
    pushed: Leaves = {
        **tile.freshness_leaves("attention", worst(system), scene),
        Leaf("attention-title", "children"): scene.say(text.ATTENTION, count=count) if count else scene.say(text.CALM),
        Leaf("attention-sign", "className"): tile.sign(status),
        Leaf("attention-card", "className"): f"card attention-{status}",
    }
    for place, row in enumerate(shown):
        pushed[Leaf(f"attention-{place}", "className")] = f"row row-{row.status}" if row.what else "row row-empty"
        pushed[Leaf(f"attention-{place}-sign", "className")] = tile.sign(row.status)
        pushed[Leaf(f"attention-{place}-what", "children")] = row.what
        pushed[Leaf(f"attention-{place}-what", "href")] = row.page
        pushed[Leaf(f"attention-{place}-detail", "children")] = row.detail
    return pushed


def _system(scene: Scene) -> list[Row]:
    """What the system says of itself: a warehouse that is away, a full disk, stopped streams, an audit that found something."""
    found, standing, say = [], scene.standing, scene.say
    if standing.away_since_ms:
        since = text.clock_time(standing.away_since_ms, scene.now_ms)
        found.append(Row("critical", say(text.WAREHOUSE_AWAY), say(text.SINCE, time=since), "/system"))
    if disk := standing.disk:
        what = say(text.DISK_SHORT if disk.is_short else text.DISK_LOW)
        detail = say(text.FREE, free=shown(disk.free))
        found.append(Row("critical" if disk.is_short else "warning", what, detail, "/system"))
    for stop in standing.stops:
        since = text.clock_time(milliseconds(stop.changed_at), scene.now_ms)
        what = say(text.STREAM_STOPPED, stream=text.stream_name(stop.topic, scene.language))
        found.append(Row("critical", what, f"{stop.reason} · {say(text.SINCE, time=since)}", "/letters"))
    if audit := standing.audit:
        at = text.clock_time(milliseconds(audit.finished_at), scene.now_ms)
        if audit.differences:
            what = say(text.AUDIT_DIFFERS, count=number.whole(audit.differences, scene.language))
            found.append(Row("critical", what, at, "/system"))
        elif moment(scene.now_ms) - audit.finished_at > AUDITED_WITHIN:
            found.append(Row("warning", say(text.AUDIT_MISSED), say(text.SINCE, time=at), "/system"))
    return found


def _sources(scene: Scene) -> list[Row]:
    found = []
    for source in scene.signs:
        fresh = source_freshness(source, scene.signs, scene.now_ms)
        if fresh.state == "down":
            what = scene.say(text.SOURCE_DOWN, source=text.source_name(source, scene.language))
            since = text.clock_time(fresh.sign_ms, scene.now_ms)
            found.append(Row("critical", what, scene.say(text.SINCE, time=since) if fresh.sign_ms else "", "/system"))
    return found


def _outages(scene: Scene) -> list[Row]:
    found = []
    for app, reading in scene.members("H05", "app").items():
        if reading.numerator:
            known = text.OUTAGES.get(app)
            minutes = number.figure(reading, scene.language)
            found.append(
                Row(
                    "warning",
                    known.text(scene.language) if known else app,
                    scene.say(text.OUTAGE, minutes=minutes),
                    "/proof/H05",
                )
            )
    return found


def _figures(scene: Scene) -> list[Row]:
    readings = [scene.read(one.id) for one in measures() if one.threshold and one.id not in ELSEWHERE]
    return [
        Row(reading.status, _what(reading, scene), _detail(reading, scene), f"/proof/{reading.indicator.id}")
        for reading in readings
        if reading.status != "normal"
    ]


def _what(reading: Reading, scene: Scene) -> str:
    return f"{reading.indicator.label.text(scene.language)}: {number.with_unit(reading, scene.language)}"


def _detail(reading: Reading, scene: Scene) -> str:
    if reading.indicator.id == "S02":
        areas = offline_numbers(scene)
        numbers = ", ".join(map(str, areas[:_AREAS])) + ("…" if len(areas) > _AREAS else "")
        return scene.say(text.AREAS, numbers=numbers) if areas else ""
    return scene.say(text.LIMIT, limit=_limit(reading.indicator, reading.status, scene))


def _limit(one: Measure, status: Status, scene: Scene) -> str:
    if one.threshold is None:
        return ""
    limit = one.threshold.critical if status == "critical" else one.threshold.warning
    if limit is None:
        return ""
    mark = "≥" if one.threshold.below else "≤"
    return f"{mark}{number.SPACE}{limit:g}{number.gap(one, scene.language)}{one.unit.label.text(scene.language)}"
