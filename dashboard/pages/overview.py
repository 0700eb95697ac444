"""Overview: the whole ward in one glance, for people four metres away."""

from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.components import alarm_panel, header, tile
from dashboard.components.absence import CardLine, cards_main, room_updates
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

LINES = (
    CardLine(
        {id: CARDS[id] for id in ("queue", "dossiers", "speakers", "cameras")},
        (),
        "minmax(min-content, 18.3fr)",
        "line-1",
    ),
    CardLine(
        {id: CARDS[id] for id in ("arrivals", "fields", "groups")},
        (41, 26, 33),
        "minmax(0, var(--row-2, 17.9fr))",
        "line-2",
    ),
    CardLine(
        {"alarms": (), **{id: CARDS[id] for id in ("petitions", "documents", "news", "teams")}},
        (38, 15.5, 14, 19, 13.5),
        "minmax(min-content, var(--row-3, 18.4fr))",
        "line-3",
    ),
)


def layout(state: BoardState) -> Component:
    """Head, three rows of cards, foot.

    A screen of the wall has room for the two first small figures of a tile; one that is seen from far away shows the tiles, the ward
    and the alarms one after the other, as pages of figures do with their lines.
    """
    first = [_queue(state), _dossiers(state), _speakers(state), _cameras(state)]
    second = [_arrivals(state), _fields(state), _groups(state)]
    third = [_alarms(state), _petitions(state), _documents(state), _news(state), _teams(state)]
    main = cards_main((first, second, third), LINES)
    return html.Div(
        [header.head(state, viewer(), "/"), main, header.foot(state, viewer(), "/")],
        className="wall domain" if viewer().is_far else "wall",
    )


def updates(state: BoardState) -> PropertyUpdates:
    """Every figure of the page."""
    pushed = header.head_updates(state) | header.foot_updates(state) | alarm_panel.updates(state)
    for id, indicators in CARDS.items():
        pushed |= tile.card_updates(id, state, indicators)
    for part in (
        _queue_updates,
        _dossier_updates,
        _device_updates,
        _office_updates,
        ARRIVALS.updates,
        FIELDS.updates,
        GROUPS.updates,
    ):
        pushed |= part(state)
    return pushed | room_updates(LINES, state)


def _queue(state: BoardState) -> Component:
    say = state.say
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


def _queue_updates(state: BoardState) -> PropertyUpdates:
    waits = {service: reading for service, reading in state.members("Q05", "service_code").items() if reading.numerator}
    slowest = max(waits, key=lambda service: waits[service].numerator, default="")
    return {
        **tile.figure_updates("Q02", state),
        **tile.fact_updates("Q05", state),
        PropertyUpdate("q05-after", "children"): f", {text.name_of_code(slowest, state.language)}" if slowest else "",
        **tile.small_updates("Q03", state),
        **tile.small_updates("Q08", state),
        **tile.small_updates("Q07", state),
        **tile.fact_updates("Q01", state),
    }


def _dossiers(state: BoardState) -> Component:
    say = state.say
    return tile.card(
        "dossiers",
        say(text.DOSSIERS),
        tile.big("d04", "%"),
        _caption("d04"),
        tile.smalls(
            tile.small("d07", say(text.NEAR_DUE)),
            tile.small("d08", say(text.OVERDUE)),
            tile.small("d09", say(text.ON_TIME)),
        ),
    )


def _dossier_updates(state: BoardState) -> PropertyUpdates:
    return {
        **tile.figure_updates("D04", state),
        **_caption_update("d04", state, text.COMPLETED, parts=number.fraction_text(state.read("D04"), state.language)),
        **tile.small_updates("D09", state),
        **tile.small_updates("D07", state),
        **tile.small_updates("D08", state),
        **tile.fact_updates("D05", state),
        **tile.fact_updates("D01", state),
    }


def _speakers(state: BoardState) -> Component:
    say = state.say
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


def _cameras(state: BoardState) -> Component:
    say = state.say
    return tile.card(
        "cameras",
        say(text.CAMERAS),
        tile.big("c01"),
        html.Div(say(text.CAMERAS_ONLINE), className="caption"),
        tile.smalls(
            tile.small("c03-alert", say(text.ALERTS)),
            tile.small("c01-share", say(text.ONLINE_SHARE)),
            tile.small("c03", say(text.DETECTIONS)),
        ),
    )


def _device_updates(state: BoardState) -> PropertyUpdates:
    return {
        **_out_of_updates("S01", state, text.SPEAKERS_OF),
        **tile.small_updates("S01", state, name="s01-share", parts=False),
        **tile.small_updates("S02", state),
        **tile.small_updates("S03", state),
        **_out_of_updates("C01", state, text.CAMERAS_OF),
        **tile.small_updates("C01", state, name="c01-share", parts=False),
        **tile.small_updates("C03", state),
        **tile.small_updates(
            "C03",
            state,
            split=("severity", "alert"),
            name="c03-alert",
            shown=_count("C03", ("severity", "alert"), state),
        ),
    }


def _arrivals(state: BoardState) -> Component:
    facts = [tile.fact("q01", after=state.say(text.TODAY_VISITS))]
    return tile.card("arrivals", state.say(text.ARRIVALS), ARRIVALS.layout(state), facts=facts)


def _fields(state: BoardState) -> Component:
    facts = [tile.fact("d05", after=state.say(text.OPEN_NOW)), tile.fact("d01", after=state.say(text.RECEIVED_TODAY))]
    caption = html.Div(facts, className="caption")
    return tile.card("fields", state.say(text.OPEN_DOSSIERS), caption, FIELDS.layout(state))


def _groups(state: BoardState) -> Component:
    return tile.card("groups", state.say(text.GROUPS, count=state.place.groups), GROUPS.layout(state))


def _alarms(state: BoardState) -> Component:
    say = state.say
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


def _petitions(state: BoardState) -> Component:
    say = state.say
    received = tile.smalls(tile.small("p01", say(text.PETITIONS_RECEIVED)))
    return tile.card("petitions", say(text.PETITIONS), tile.big("p02", "%", second=True), _caption("p02"), received)


def _documents(state: BoardState) -> Component:
    return tile.card("documents", state.say(text.DOCUMENTS), tile.big("v01", "%", second=True), _caption("v01"))


def _news(state: BoardState) -> Component:
    say = state.say
    platforms = [tile.small(f"v02-{one}", text.name_of_code(one, state.language)) for one in PLATFORMS]
    return tile.card(
        "news",
        say(text.NEWS),
        tile.big("v02", second=True),
        _caption("v02"),
        tile.smalls(*platforms),
    )


def _teams(state: BoardState) -> Component:
    say = state.say
    return tile.card(
        "teams", say(text.TEAMS), tile.big("v03", second=True), html.Div(say(text.TEAMS_CAPTION), className="caption")
    )


def _office_updates(state: BoardState) -> PropertyUpdates:
    pushed = {
        **tile.figure_updates("P02", state),
        **_caption_update(
            "p02", state, text.PETITIONS_ON_TIME, parts=number.fraction_text(state.read("P02"), state.language)
        ),
        **tile.small_updates("P01", state),
        **tile.figure_updates("V01", state),
        **_caption_update("v01", state, text.SIGNED, parts=number.fraction_text(state.read("V01"), state.language)),
        **tile.figure_updates("V02", state),
        PropertyUpdate("v02-caption", "children"): _published(state),
        **_out_of_updates("V03", state, text.TEAMS_OF),
        **tile.fact_updates("H04", state),
        **tile.fact_updates("H01", state),
        **_lag_updates(state),
        **tile.fact_updates("H05", state),
        **tile.fact_updates("H07", state),
    }
    for one in PLATFORMS:
        split = ("platform", one)
        pushed |= tile.small_updates("V02", state, split=split, name=f"v02-{one}", shown=_count("V02", split, state))
    return pushed


def _published(state: BoardState) -> str:
    """Since when; and how many were published before sources told of platforms, or the small figures would not add up."""
    rest = state.read("V02").numerator - sum(one.numerator for one in state.members("V02", "platform").values())
    label = text.PUBLISHED_BEFORE if rest > 0 else text.PUBLISHED
    return state.say(label, rest=number.whole_number(rest, state.language))


def _lag_updates(state: BoardState) -> PropertyUpdates:
    """Nothing where the lag is one since 1970, of a source that never gave a sign."""
    signs = [state.signs[source].last_ms for source in state.members("H01", "key") if source in state.signs]
    return {PropertyUpdate("h01-figure", "children"): number.NONE} if signs and not min(signs) else {}


def _out_of_updates(id: str, state: BoardState, unit: Label) -> PropertyUpdates:
    """A large figure that is so many out of all of them."""
    reading = state.read(id)
    known = reading.known and reading.denominator
    digits = number.whole_number(reading.numerator, state.language) if known else number.NONE
    said = state.say(unit, all=number.whole_number(reading.denominator, state.language)) if known else ""
    return {**tile.figure_updates(id, state, shown=digits), PropertyUpdate(f"{id.lower()}-unit", "children"): said}


def _count(id: str, split: tuple[str, str], state: BoardState) -> str:
    """The count of one member; 0 once the total is known and the member has none."""
    return number.whole_number(state.read(id, split).numerator, state.language) if state.read(id).known else number.NONE


def _caption(id: str) -> Component:
    return html.Div(id=f"{id}-caption", className="caption")


def _caption_update(id: str, state: BoardState, label: Label, *, parts: str) -> PropertyUpdates:
    return {PropertyUpdate(f"{id}-caption", "children"): state.say(label, parts=parts) if parts else ""}


PAGE = Page(
    path="/",
    label=text.OVERVIEW,
    right="leader",
    layout=layout,
    updates=updates,
    order=0,
    pace=timedelta(seconds=30),
)
