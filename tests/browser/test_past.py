"""The board as it was: marked as past, moved through by keyboard, and left again."""

from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from ingest.contract.clock import WARD_ZONE, milliseconds, real_at
from warehouse.model.expression import MINUTE
from warehouse.model.value import Value
from warehouse.store.client import connect

pytestmark = pytest.mark.browser

THEN = datetime(2026, 10, 6, 10, 15, tzinfo=WARD_ZONE)
"""A Tuesday long before the stack began."""
SOON = 120_000
"""The first look at a minute reads and counts its day anew: some five processor seconds, of which a busy machine gives few."""

LOOKS_EARLY = """() => {
    window.looked = 0;
    window.saidEarly = new Set();
    const look = () => {
        if (document.querySelector('.past-frame.is-empty .card')) {
            window.looked += 1;
            for (const said of ['#q02-figure', '#alarms-title', '#queue-card .fresh', '#audit']) {
                const one = document.querySelector(said);
                if (one && one.checkVisibility({visibilityProperty: true})) window.saidEarly.add(said);
            }
        }
        requestAnimationFrame(look);
    };
    look();
}"""
"""Looks with each picture that is drawn before the minute has been read."""


@contextmanager
def a_morning(stack):
    """Some figures of that morning, put where the streams would have: 7, 8, 9 people waiting at 10:10, 10:15, 10:20."""
    ward, clock = stack.install.ingest.ward, stack.install.ingest.clock()
    with connect(stack.install.warehouse) as client:
        for place, waiting in enumerate((7, 8, 9)):
            at = THEN + timedelta(minutes=5 * (place - 1))
            window = milliseconds(at) - MINUTE
            signs = [("key", "queue_kiosk", 4_000), ("", "", 4_000)]
            rows = [
                ("Q02", "", "", waiting),
                *(("H01", dimension, member, lag) for dimension, member, lag in signs),
                ("H04", "key", "queue_kiosk", 0),
            ]
            values = [
                Value(
                    ward,
                    id,
                    "stock",
                    window,
                    dimension,
                    member,
                    number,
                    0,
                    window,
                    window + MINUTE,
                    "ioc.queue.v1",
                    0,
                    0,
                    window,
                )
                for id, dimension, member, number in rows
            ]
            columns = {name: [getattr(value, name) for value in values] for name in Value._fields}
            client.insert("raw_values", {**columns, "written_at": [real_at(clock, at)] * len(values)})
        try:
            yield
        finally:
            before = {"until": milliseconds(THEN + timedelta(days=1))}
            client.execute("ALTER TABLE raw_values DELETE WHERE window_ms < %(until)s", before, {"mutations_sync": 1})


WORDS = {
    "vi": ("QUÁ KHỨ · 10:15 thứ Ba 06/10/2026", "10:20 thứ Ba", "Xem lại", "ĐANG CẬP NHẬT"),
    "en": ("PAST · 10:15 Tuesday 06/10/2026", "10:20 Tuesday", "Look back", "LIVE"),
}


@pytest.mark.long
@pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=pytest.mark.faults)])
def test_a_minute_of_the_past_is_marked_moved_through_and_left(open_board, stack, artefacts, language):
    marked, next_minute, entry, live = WORDS[language]
    with a_morning(stack), open_board(language=language) as page:
        expect(page.locator("#look-back")).to_have_text(entry)
        page.goto(f"{stack.install.board.url}/?at={THEN:%Y-%m-%dT%H:%M}")
        expect(page.locator("#past-mark")).to_have_text(marked)
        expect(page.locator("#q02-figure")).to_have_text("8", timeout=SOON)
        expect(page).to_have_title(marked)
        expect(page.locator("#clock")).to_have_text("10:15:00")
        expect(page.locator("#light-queue_kiosk")).to_have_class("light is-live")
        assert live not in page.locator("body").inner_text()
        assert page.locator("#latency, #transport, #look-back").count() == 0
        page.evaluate("window.notReloaded = true")
        page.locator("body").press("ArrowRight")  # a keyboard is enough
        expect(page.locator("#past-mark")).to_contain_text(next_minute, timeout=SOON)
        expect(page.locator("#q02-figure")).to_have_text("9")
        expect(page).to_have_url(f"{stack.install.board.url}/?at=2026-10-06T10:20")
        page.fill("#past-typed", "10:10")
        page.locator("#past-typed").press("Enter")
        expect(page.locator("#q02-figure")).to_have_text("7", timeout=SOON)
        expect(page.locator("#clock")).to_have_text("10:10:00")
        page.fill("#past-typed", "31/9/2026")
        page.locator("#past-typed").press("Enter")
        expect(page.locator("#past-fault")).to_contain_text("31/9/2026")
        expect(page.locator("#q02-figure")).to_have_text("7")
        page.go_back()
        expect(page.locator("#q02-figure")).to_have_text("9", timeout=SOON)
        for _ in range(5):
            page.locator("[data-minutes='-1']").press("Enter")  # the last wish wins
        expect(page.locator("#q02-figure")).to_have_text("8", timeout=SOON)
        expect(page).to_have_url(f"{stack.install.board.url}/?at=2026-10-06T10:15")
        assert page.evaluate("window.notReloaded")
        page.screenshot(path=artefacts / f"past-{language}.png")
        page.click("#past-back")
        expect(page.locator("html")).to_have_attribute("data-transport", "push", timeout=SOON)
        expect(page.locator("#past-mark")).to_have_count(0)


@pytest.mark.long
def test_nothing_is_said_of_a_minute_before_it_has_been_read(open_board, stack):
    with a_morning(stack), open_board() as page:
        page.add_init_script(f"({LOOKS_EARLY})()")
        page.goto(f"{stack.install.board.url}/?at={THEN:%Y-%m-%dT%H:%M}")
        expect(page.locator("#q02-figure")).to_be_visible(timeout=SOON)
        expect(page.locator("#alarms-title")).to_be_visible()
        assert page.evaluate("window.looked") > 0
        assert page.evaluate("[...window.saidEarly]") == []
        page.close()  # no other test has its script


def test_a_moment_that_cannot_be_shown_is_told_in_words(open_board, stack):
    with open_board() as page:
        for at, told in (("yesterday", "không nêu một thời điểm"), ("2999-01-01T00:00", "chưa đến")):
            page.goto(f"{stack.install.board.url}/?at={at}")
            expect(page.locator("[role=alert]")).to_contain_text(told)
            expect(page.locator("#past-back")).to_be_visible()
        page.goto(f"{stack.install.board.url}/?at=2024-03-01T10:15")  # no figure is kept of it
        expect(page.locator("#past-fault")).not_to_be_empty(timeout=SOON)
        for nothing_read in ("#alarms-title", "#queue-card .fresh", "#audit"):
            expect(page.locator(nothing_read)).to_be_hidden()
