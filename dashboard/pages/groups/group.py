"""Group: a residential group, `/group/<number>` - its figures, which are pushed, and its alarms and devices, for which `callbacks` asks."""

from collections.abc import Collection, Iterator

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.components import header, tile
from dashboard.state.page import BoardState, Page, PropertyUpdate, PropertyUpdates
from dashboard.words import text
from dashboard.words.freshness import freshness, worst_freshness
from dashboard.words.short_name import short_name
from ingest.contract.label import Label
from warehouse.catalogue import measure
from warehouse.model.reading import Split

ALARMS = Label("Cảnh báo đang báo của tổ", "Active alarms of the group")
DEVICES = Label("Loa, camera của tổ", "The group's loudspeakers and cameras")
NO_GROUP = Label("Phường không có tổ dân phố này.", "The ward has no such residential group.")
REFRESH_MS = 15_000

CARDS: dict[str, tuple[Label, tuple[str, ...]]] = {
    "speakers": (text.SPEAKERS, ("S01", "S02", "S05")),
    "cameras": (text.CAMERAS, ("C01", "C02")),
    "petitions": (text.PETITIONS, ("P03", "P04", "P01")),
}
"""Indicators that are split by group."""


class GroupNumbers(Collection[str]):
    """Everything that the number of a group can be in an address."""

    def __contains__(self, number: object) -> bool:
        """Whether an address may end with it."""
        return isinstance(number, str) and number.isascii() and number.isdigit() and str(int(number[:4])) == number

    def __iter__(self) -> Iterator[str]:
        """None is known beforehand."""
        return iter(())

    def __len__(self) -> int:
        """None is known beforehand."""
        return 0


def area_of(number: str) -> str:
    """The code of the group of that number."""
    return f"TDP-{int(number):03}"


def layout(state: BoardState) -> Component:
    """Figures on top, alarms and devices beneath."""
    say, number = state.say, state.argument
    head = html.Header(
        [
            header.navigation(state, viewer(), f"/group/{number}"),
            header.way_back(say(text.BACK), "/"),
            html.H1(say(text.GROUP, number=number)),
            header.transport_mark(state),
        ],
        className="desk-head",
    )
    if not 1 <= int(number) <= state.place.groups:
        return html.Div([head, html.P(say(NO_GROUP), className="quiet")], className="desk")
    cards = [
        tile.card(
            f"group-{id}",
            say(label),
            tile.smalls(*(tile.small(f"group-{one.lower()}", short_name(one, state.language)) for one in indicators)),
        )
        for id, (label, indicators) in CARDS.items()
    ]
    asked = [
        html.H2(say(ALARMS)),
        html.Div(html.P(say(text.READING), className="quiet"), id="group-alarms"),
        html.H2(say(DEVICES)),
        html.Div(html.P(say(text.READING), className="quiet"), id="group-devices"),
        dcc.Store(id="group-number", data=number),
        dcc.Interval(id="group-tick", interval=REFRESH_MS),
    ]
    main = html.Main([html.Div(cards, className="group-cards"), *asked], className="desk-scroll", tabIndex=0)
    return html.Div([head, main], className="desk")


def updates(state: BoardState) -> PropertyUpdates:
    """The group's figures; they are as fresh as the ward's."""
    found: PropertyUpdates = {}
    if not 1 <= int(state.argument) <= state.place.groups:
        return found
    split: Split = ("area_code", area_of(state.argument))
    for id, (_, indicators) in CARDS.items():
        fresh = [freshness(state.read(one), state.signs, state.now_ms) for one in indicators]
        newest_ms = max(state.read(one, split).newest_ms for one in indicators)
        found |= tile.freshness_updates(f"group-{id}", worst_freshness(fresh)._replace(newest_ms=newest_ms), state)
        for one in indicators:
            # Of what is counted, a group that is not among the members has none.
            is_none = state.read(one).known and not (state.read(one, split).known or measure(one).is_ratio)
            name, shown = f"group-{one.lower()}", "0" if is_none else None
            found |= tile.small_updates(one, state, split=split, name=name, shown=shown)
            if is_none:
                found[PropertyUpdate(name, "className")] = "small status-normal fresh-live"
    return found


PAGE = Page(
    path="/group", label=text.GROUPS_TITLE, right="leader", layout=layout, updates=updates, arguments=GroupNumbers
)
