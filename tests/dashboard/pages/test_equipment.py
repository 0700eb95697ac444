"""The page of equipment says how much of each kind works, and names what does not answer, and since when."""

import pytest

from dashboard.access.viewer import Viewer, set_viewer
from dashboard.board.layout import fill_layout
from dashboard.pages.equipment import PAGE
from dashboard.state.page import PropertyUpdate
from tests.dashboard.support.ward import NOW_MS, board_state, stock
from warehouse.indicators.equipment import DOWN_SINCE

SINCE_MS = NOW_MS - 70 * 60_000
SHOWN = (
    stock("H01", 2_000, split=("key", "equipment")),
    stock("E01", 14, 16), stock("E01", 14, 16, ("category", "may_in")),
    stock("E02", 2), stock("E02", 1, split=(DOWN_SINCE, f"MI-03 {SINCE_MS}")), stock("E02", 1, split=(DOWN_SINCE, f"MI-04 {NOW_MS}")),
    stock("E03", 1), stock("E03", 1, split=("key", "MI-01")), stock("E06", 1, 1), stock("E08", 3, 1), stock("E09", 12, 1),
)  # fmt: skip


@pytest.mark.parametrize("language", ["vi", "en"])
def test_it_shows_what_works_and_names_what_does_not(language):
    set_viewer(Viewer("test", frozenset({"leader"})))
    one = board_state(language, SHOWN)
    updates = PAGE.updates(one)
    fill_layout(PAGE.layout(one), updates)  # raises for an update without a place

    def said(id):
        return updates[PropertyUpdate(id, "children")]

    assert (said("kinds-0-name"), said("kinds-0-shown")) == ({"vi": "Máy in", "en": "Printers"}[language], "14/16")
    assert (said("named-0-name"), said("named-0-shown")) == ("MI-03", {"vi": "từ 09:05", "en": "since 09:05"}[language])
    cards = {id: updates[PropertyUpdate(f"{id}-card", "className")] for id in ("at-work", "meetings", "lookups")}
    assert [id for id, shown in cards.items() if "is-absent" in shown] == ["meetings", "lookups"], (
        "nothing was heard of them"
    )
    assert (said("named-1-name"), said("faulty-0-name")) == ("MI-04", "MI-01")
    style = updates[PropertyUpdate("named-0-bar", "style")]
    assert (style["--warning"], style["--critical"]) == ("100.0%", "0.0%"), "as the tile, of which two are a warning"
