"""Travel: how long it takes until another minute of the past stands on the board, in a browser; from the press to the painted page."""

import random
import statistics
from datetime import datetime, timedelta
from typing import Any

from commands.developers.load.chromium import FULL_HD, PATIENCE_MS, browser, enter_board, looking_account
from dashboard.pages.past.frame import TYPED
from dashboard.settings import BoardSettings
from dashboard.words.moment import SHAPE

NAME = "travel"
"""The account that looks."""
NEXT = 2
"""How often a day is looked at again, either way."""
REST_MS = 300

TRAVELLED = """([how, shape, patience]) => new Promise((resolve, reject) => {
    const began = performance.now();
    setTimeout(() => reject(new Error(`${shape} is not shown`)), patience);
    if (how === "typed") document.getElementById("past-go").click();
    else document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    const look = () => {
        const isThere = document.getElementById("past").dataset.shape === shape;
        const isBusy = document.querySelector(".past-frame:is(.is-empty, .is-waiting), .past-busy.is-busy");
        if (!isThere || isBusy) requestAnimationFrame(look);
        else requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
    };
    look();
})"""
"""Goes to a minute; the ms until it has been painted."""


def travel(settings: BoardSettings, first: datetime, days: int, count: int) -> dict[str, Any]:
    """Look at minutes of office hours of so many days, chosen at random.

    Args:
        settings: of the board.
        first: the first whole day of which figures are kept, by the ward's clock.
        days: how many are.
        count: how many are looked at.
    """
    chance = random.Random(1)  # noqa: S311 - a repeatable choice, no secret
    taken: dict[str, list[float]] = {"first_of_a_day": [], "same_day": [], "five_minutes_on": []}
    with looking_account(settings, NAME) as password, browser() as found:
        page = found.new_page(viewport=FULL_HD)
        page.set_default_timeout(PATIENCE_MS)
        enter_board(page, settings.url, NAME, password)
        page.goto(f"{settings.url}/?at={first + timedelta(hours=30):{SHAPE}}")
        page.wait_for_selector(".past-frame:not(.is-empty)")

        def go(kind: str, at: datetime, how: str = "typed") -> None:
            page.wait_for_timeout(REST_MS)
            if how == "typed":
                page.fill("#past-typed", f"{at:{TYPED}}")
            taken[kind].append(page.evaluate(TRAVELLED, [how, f"{at:{SHAPE}}", PATIENCE_MS]))

        for number in chance.sample(range(2, days), min(count, days - 2)):
            opens = first + timedelta(days=number, hours=7)
            minutes = [opens + timedelta(minutes=chance.randrange(600)) for _ in range(NEXT + 1)]
            go("first_of_a_day", minutes[0])
            for at in minutes[1:]:
                go("same_day", at)
            page.evaluate("document.activeElement.blur()")
            for step in range(NEXT):
                go("five_minutes_on", minutes[-1] + (step + 1) * timedelta(minutes=5), "key")
    return {
        kind: {"median": round(statistics.median(ms)), "max": round(max(ms)), "all": [round(one) for one in ms]}
        for kind, ms in taken.items()
    }
