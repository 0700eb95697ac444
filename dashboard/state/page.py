"""Page: what a page of the board is, and how its changing parts are told apart from the standing ones.

A page is a layout that stands still, and updates: single properties of single components that change with the figures. The same
updates fill the first paint and are pushed later, so there is one rendering of every figure: `layout` puts them in.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from dashboard.access.rights import Right
from dashboard.access.viewer import Viewer
from dashboard.settings import BoardSettings
from dashboard.state.alarm import NO_ALARMS, Alarms, ChannelFault
from dashboard.system_status import NOTHING_KNOWN, SystemStatus
from dashboard.words.freshness import FreshnessSign
from ingest.contract.label import Label, Language
from warehouse.catalogue import measure
from warehouse.model.indicator import Derived, Indicator
from warehouse.model.reading import TOTAL, Reading, Split, derived_reading
from warehouse.readings import Readings

if TYPE_CHECKING:  # what judges alarms reads figures, and has no use for Dash in its memory
    from dash.development.base_component import Component

    from warehouse.store.client import Client


class PropertyUpdate(NamedTuple):
    """A property of a component that is pushed on its own."""

    id: str
    """The component."""
    path: str
    """The property; with dots it goes into it, for example `figure.data.0.y`."""


PropertyUpdates = dict[PropertyUpdate, Any]


def _no_updates(state: "BoardState") -> PropertyUpdates:
    return {}


def _always(state: "BoardState") -> bool:
    return True


@dataclass(frozen=True)
class BoardState:
    """What a page shows: the ward's readings at a moment, and how it is to be said."""

    readings: Readings
    signs: Mapping[str, FreshnessSign]
    now_ms: int
    language: Language
    place: BoardSettings
    pretend: bool = False
    """Whether the pretend ward feeds this install."""
    clock_speed: float | None = None
    """How fast the pretend clock runs; `None` when the clock is real."""
    system_status: SystemStatus = NOTHING_KNOWN
    """How the system itself stands."""
    alarms: Alarms = NO_ALARMS
    """The alarms of this moment."""
    argument: str = ""
    """What follows the page's path in the address: of which indicator a proof is, for example."""
    search: str = ""
    """What stands behind the question mark of the address, for a page that reads it; anybody can have written it."""
    past: bool = False
    """Whether the moment is a minute of the past."""
    faults: Mapping[str, ChannelFault] = field(default_factory=dict)
    """The ways to tell people of alarms that do not work."""
    pages: "PageList" = field(default_factory=lambda: PageList())
    """All pages, for the ways from one to another."""
    _read: dict[tuple[str, Split], Reading] = field(default_factory=dict, compare=False)

    def read(self, id: str, split: Split = TOTAL) -> Reading:
        """An indicator's reading at this moment, looked up once."""
        key = (id, split)
        if key not in self._read:
            one = measure(id)
            if isinstance(one, Derived):
                self._read[key] = derived_reading(one, self.read, split)
            else:
                reading = self.readings.read(id, self.now_ms, split)
                self._read[key] = reading if reading.known else self._none_yet(one, reading)
        return self._read[key]

    def _none_yet(self, one: Indicator, reading: Reading) -> Reading:
        """A count without any event in its span: 0 while its source reports, and unknown only when that does not."""
        last = [self.signs[source].last_ms for source in one.sources if source in self.signs]
        last = [at_ms for at_ms in last if at_ms]
        return reading._replace(as_of_ms=max(last)) if last and not one.has_stock else reading

    def members(self, id: str, dimension: str) -> dict[str, Reading]:
        """The reading of each member of a dimension."""
        return self.readings.members(id, dimension, self.now_ms)

    def say(self, label: Label, **values: object) -> str:
        """A text in the state's language, with values put in."""
        return label.text(self.language, **values)


class PastQuestion(NamedTuple):
    """With what a page asks for a minute of the past."""

    client: "Client"
    ward: str
    state: BoardState
    """As it stood then."""
    known_ms: int | None
    """Only what was stored by then counts, by the machine's clock; `None`: all that is known today."""


@dataclass(frozen=True)
class Page:
    """One page, declared in one file of `pages/`."""

    path: str
    label: Label
    right: Right
    """What a person must be allowed to see it; `leader` for the board itself."""
    layout: "Callable[[BoardState], Component]"
    """The standing parts; every update's component has its id there."""
    updates: Callable[[BoardState], PropertyUpdates] = field(default=_no_updates)
    """The changing parts at a moment."""
    order: int = 99
    """Where it stands among the ways to go."""
    menu: Label | None = None
    """The word of the menu under which it is found; `None`: it stands in the menu itself."""
    arguments: Callable[[], Collection[str]] | None = None
    """What may follow its path in an address; `None`: nothing, and the page is listed among the ways to go."""
    pace: timedelta | None = None
    """How long each of its lines stands on the wall; `None`: it is not shown there."""
    has_news: "Callable[[BoardState], bool]" = field(default=_always)
    """Whether a screen that has no pages of its own shows it now."""
    past_updates: "Callable[[PastQuestion], PropertyUpdates] | None" = None
    """What it asks the warehouse for, beyond its updates, of a minute of the past; blocks."""

    through: Mapping[str, str] = field(default_factory=dict)
    """By card, the measure that it shows through time, whose period people can choose."""

    reads_moment: bool = False
    """Whether it reads the moment in its address itself: it tells what was until then."""

    def may_be_seen_by(self, viewer: Viewer) -> bool:
        """Whether somebody may see it: by their right, or a screen because it belongs on the wall."""
        return viewer.may(self.right) or (viewer.is_display and self.pace is not None)

    @property
    def can_look_back(self) -> bool:
        """Whether it can be shown as it was at a minute of the past."""
        return self.arguments is None and self.updates is not _no_updates


class PageAddress(NamedTuple):
    """A page with what its address says of it."""

    page: Page
    argument: str = ""


class PageList(dict[str, Page]):
    """Pages by their path, in their order."""

    def find(self, path: object) -> PageAddress | None:
        """What an address shows; `None` when there is no such page."""
        if not isinstance(path, str):
            return None
        page = self.get(path)
        if page is not None:
            return PageAddress(page) if page.arguments is None else None
        before, _, argument = path.rpartition("/")
        page = self.get(before)
        known = page is not None and page.arguments is not None and argument in page.arguments()
        return PageAddress(page, argument) if page is not None and known else None
