"""Overview: the whole ward in one glance, for people four metres away."""

from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.components import alarm_panel, header, tile
from dashboard.components.widget import ARRIVALS, field_bars, groups_part
from dashboard.state.page import BoardState, Page, PropertyUpdate, PropertyUpdates
from dashboard.words import number, text
from ingest.contract.label import Label

FIELDS = field_bars(6, "D01")
GROUPS = groups_part()
PLATFORMS = ("zalo", "portal", "fanpage", "speaker")

CARDS = {
    "queue": ("Q02", "Q05", "Q03", "Q08", "Q07"),
    "dossiers": ("D04", "D09", "D07", "D08"),
    "speakers": ("S01", "S02", "S03"),
    "cameras": ("C01", "C03"),
    "arrivals": ("Q01",),
    "fields": FIELDS.indicators,
    "groups": ("S01", "C01", "P01"),
    "petitions": ("P02", "P01"),
    "documents": ("V01",),
    "news": ("V02",),
    "teams": ("V03",),
}
"""Which indicators each card answers for."""


def layout(scene: BoardState) -> Component:
    """Head, three rows of cards, foot."""
    first = [_queue(scene), _dossiers(scene), _speakers(scene), _cameras(scene)]
    second = [_arrivals(scene), _fields(scene), _groups(scene)]
    third = [_alarms(scene), _petitions(scene), _documents(scene), _news(scene), _teams(scene)]
    lines = [html.Div(cards, className=f"line line-{place}") for place, cards in enumerate((first, second, third), 1)]
    return html.Div([header.head(scene), html.Main(lines), header.foot(scene, viewer(), "/")], className="wall")


def leaves(scene: BoardState) -> PropertyUpdates:
    """Every figure of the page."""
    pushed = header.head_leaves(scene) | header.foot_leaves(scene) | alarm_panel.leaves(scene)
    for id, indicators in CARDS.items():
        pushed |= tile.card_leaves(id, scene, indicators)
    for part in (
        _queue_leaves,
        _dossier_leaves,
        _device_leaves,
        _office_leaves,
        ARRIVALS.leaves,
        FIELDS.leaves,
        GROUPS.leaves,
    ):
        pushed |= part(scene)
    return pushed


def _queue(scene: BoardState) -> Component:
    say = scene.say
    return tile.card(
        "queue",
        say(text.QUEUE),
        tile.big("q02", say(text.WAITING)),
        html.Div(tile.fact("q05", before=say(text.LONGEST)), className="caption"),
        tile.smalls(
            tile.small("q03", say(text.MEAN_WAIT)),
            tile.small("q08", say(text.COUNTERS)),
            tile.small("q07", say(text.SERVICE_LEVEL)),
        ),
    )


def _queue_leaves(scene: BoardState) -> PropertyUpdates:
    waits = {service: reading for service, reading in scene.members("Q05", "service_code").items() if reading.numerator}
    slowest = max(waits, key=lambda service: waits[service].numerator, default="")
    return {
        **tile.figure_leaves("Q02", scene),
        **tile.fact_leaves("Q05", scene),
        PropertyUpdate("q05-after", "children"): f", {text.name_of_code(slowest, scene.language)}" if slowest else "",
        **tile.small_leaves("Q03", scene),
        **tile.small_leaves("Q08", scene),
        **tile.small_leaves("Q07", scene),
        **tile.fact_leaves("Q01", scene),
    }


def _dossiers(scene: BoardState) -> Component:
    say = scene.say
    return tile.card(
        "dossiers",
        say(text.DOSSIERS),
        tile.big("d04", "%"),
        _caption("d04"),
        tile.smalls(
            tile.small("d09", say(text.ON_TIME)),
            tile.small("d07", say(text.NEAR_DUE)),
            tile.small("d08", say(text.OVERDUE)),
        ),
    )


def _dossier_leaves(scene: BoardState) -> PropertyUpdates:
    return {
        **tile.figure_leaves("D04", scene),
        **_caption_leaf("d04", scene, text.COMPLETED, parts=number.fraction_text(scene.read("D04"), scene.language)),
        **tile.small_leaves("D09", scene),
        **tile.small_leaves("D07", scene),
        **tile.small_leaves("D08", scene),
        **tile.fact_leaves("D05", scene),
        **tile.fact_leaves("D01", scene),
    }


def _speakers(scene: BoardState) -> Component:
    say = scene.say
    return tile.card(
        "speakers",
        say(text.SPEAKERS),
        tile.big("s01"),
        html.Div(say(text.SPEAKERS_ONLINE), className="caption"),
        tile.smalls(
            tile.small("s02", say(text.SPEAKERS_OFFLINE)),
            tile.small("s03", say(text.PLAYING)),
            tile.small("s01-share", say(text.ONLINE_SHARE)),
        ),
    )


def _cameras(scene: BoardState) -> Component:
    say = scene.say
    return tile.card(
        "cameras",
        say(text.CAMERAS),
        tile.big("c01"),
        html.Div(say(text.CAMERAS_ONLINE), className="caption"),
        tile.smalls(
            tile.small("c01-share", say(text.ONLINE_SHARE)),
            tile.small("c03", say(text.DETECTIONS)),
            tile.small("c03-alert", say(text.ALERTS)),
        ),
    )


def _device_leaves(scene: BoardState) -> PropertyUpdates:
    return {
        **_out_of_leaves("S01", scene, text.SPEAKERS_OF),
        **tile.small_leaves("S01", scene, name="s01-share", parts=False),
        **tile.small_leaves("S02", scene),
        **tile.small_leaves("S03", scene),
        **_out_of_leaves("C01", scene, text.CAMERAS_OF),
        **tile.small_leaves("C01", scene, name="c01-share", parts=False),
        **tile.small_leaves("C03", scene),
        **tile.small_leaves(
            "C03",
            scene,
            split=("severity", "alert"),
            name="c03-alert",
            shown=_count("C03", ("severity", "alert"), scene),
        ),
    }


def _arrivals(scene: BoardState) -> Component:
    facts = [tile.fact("q01", after=scene.say(text.TODAY_VISITS))]
    return tile.card("arrivals", scene.say(text.ARRIVALS), ARRIVALS.layout(scene), facts=facts)


def _fields(scene: BoardState) -> Component:
    facts = [tile.fact("d05", after=scene.say(text.OPEN_NOW)), tile.fact("d01", after=scene.say(text.RECEIVED_TODAY))]
    caption = html.Div(facts, className="caption")
    return tile.card("fields", scene.say(text.OPEN_DOSSIERS), caption, FIELDS.layout(scene))


def _groups(scene: BoardState) -> Component:
    return tile.card("groups", scene.say(text.GROUPS, count=scene.place.groups), GROUPS.layout(scene))


def _alarms(scene: BoardState) -> Component:
    say = scene.say
    head = html.Div(
        [
            html.Span(id="alarms-sign"),
            html.H2(id="alarms-title", className="title"),
            html.Span(id="alarms-longest", className="longest"),
        ],
        className="card-head",
    )
    system = html.Div(
        [
            tile.fact("h04", after=say(text.DOWN_SOURCES)),
            tile.fact("h01", after=say(text.LAG)),
            tile.fact("h05", after=say(text.OUTAGE_TODAY)),
            tile.fact("h07", after=say(text.BEAT)),
        ],
        className="system",
    )
    return html.Section([head, alarm_panel.panel(), system], id="alarms-card", role="status")


def _petitions(scene: BoardState) -> Component:
    say = scene.say
    received = tile.smalls(tile.small("p01", say(text.PETITIONS_RECEIVED)))
    return tile.card("petitions", say(text.PETITIONS), tile.big("p02", "%", second=True), _caption("p02"), received)


def _documents(scene: BoardState) -> Component:
    return tile.card("documents", scene.say(text.DOCUMENTS), tile.big("v01", "%", second=True), _caption("v01"))


def _news(scene: BoardState) -> Component:
    say = scene.say
    platforms = [tile.small(f"v02-{one}", text.name_of_code(one, scene.language)) for one in PLATFORMS]
    return tile.card(
        "news",
        say(text.NEWS),
        tile.big("v02", second=True),
        html.Div(say(text.PUBLISHED), className="caption"),
        tile.smalls(*platforms),
    )


def _teams(scene: BoardState) -> Component:
    say = scene.say
    return tile.card(
        "teams", say(text.TEAMS), tile.big("v03", second=True), html.Div(say(text.TEAMS_CAPTION), className="caption")
    )


def _office_leaves(scene: BoardState) -> PropertyUpdates:
    pushed = {
        **tile.figure_leaves("P02", scene),
        **_caption_leaf(
            "p02", scene, text.PETITIONS_ON_TIME, parts=number.fraction_text(scene.read("P02"), scene.language)
        ),
        **tile.small_leaves("P01", scene),
        **tile.figure_leaves("V01", scene),
        **_caption_leaf("v01", scene, text.SIGNED, parts=number.fraction_text(scene.read("V01"), scene.language)),
        **tile.figure_leaves("V02", scene),
        **_out_of_leaves("V03", scene, text.TEAMS_OF),
        **tile.fact_leaves("H04", scene),
        **tile.fact_leaves("H01", scene),
        **_lag_leaves(scene),
        **tile.fact_leaves("H05", scene),
        **tile.fact_leaves("H07", scene),
    }
    for one in PLATFORMS:
        split = ("platform", one)
        pushed |= tile.small_leaves("V02", scene, split=split, name=f"v02-{one}", shown=_count("V02", split, scene))
    return pushed


def _lag_leaves(scene: BoardState) -> PropertyUpdates:
    """Nothing where a source never gave a sign: the lag would be that since 1970."""
    signs = [sign.last_ms for sign in scene.signs.values()]
    return {PropertyUpdate("h01-figure", "children"): number.NONE} if signs and not min(signs) else {}


def _out_of_leaves(id: str, scene: BoardState, unit: Label) -> PropertyUpdates:
    """A large figure that is so many out of all of them."""
    reading = scene.read(id)
    known = reading.known and reading.denominator
    digits = number.whole_number(reading.numerator, scene.language) if known else number.NONE
    said = scene.say(unit, all=number.whole_number(reading.denominator, scene.language)) if known else ""
    return {**tile.figure_leaves(id, scene, shown=digits), PropertyUpdate(f"{id.lower()}-unit", "children"): said}


def _count(id: str, split: tuple[str, str], scene: BoardState) -> str:
    """How many of a member; none yet is 0 once the total is known."""
    return number.whole_number(scene.read(id, split).numerator, scene.language) if scene.read(id).known else number.NONE


def _caption(id: str) -> Component:
    return html.Div(id=f"{id}-caption", className="caption")


def _caption_leaf(id: str, scene: BoardState, label: Label, *, parts: str) -> PropertyUpdates:
    return {PropertyUpdate(f"{id}-caption", "children"): scene.say(label, parts=parts) if parts else ""}


PAGE = Page(
    path="/",
    label=text.OVERVIEW,
    right="leader",
    layout=layout,
    leaves=leaves,
    order=0,
    pace=timedelta(seconds=30),
)
