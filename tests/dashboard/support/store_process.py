"""A process that changes a board's store; run by the tests of the store: `python -m tests.dashboard.support.store_process FOLDER ACT …`."""

import sys
import time
from datetime import timedelta
from pathlib import Path

from dashboard.access.accounts import Accounts, ensure_first
from dashboard.access.api_key import FeedKeys
from dashboard.access.displays import Displays
from dashboard.pages.sql.saved_query import SavedQueries
from dashboard.store.store import BoardStore
from ingest.contract.clock import RealClock
from tests.dashboard.support.ward import board_settings


def main(folder: str, act: str, *given: str) -> None:
    """Wait until told, then act."""
    settings = board_settings(Path(folder))
    print("ready", flush=True)
    sys.stdin.readline()
    match act, given:
        case "first", ():
            print(ensure_first(settings), flush=True)
        case "add", (name,):
            try:
                print(Accounts(settings).add(name, frozenset({"leader"})), flush=True)
            except ValueError as error:
                print(f"refused: {error}", flush=True)
        case "many", (prefix, rounds):
            many(settings, prefix, int(rounds))
        case "count", ():
            count(BoardStore(settings.folder))
        case "hang", ():
            with BoardStore(settings.folder).change() as connection:
                connection.execute("DELETE FROM saved_queries")
                print("changed", flush=True)
                time.sleep(600)


def many(settings, prefix: str, rounds: int) -> None:
    """Add to everything, and take every second key and screen away again."""
    queries, keys, displays, now = SavedQueries(settings), FeedKeys(settings), Displays(settings), RealClock().now()
    for number in range(rounds):
        queries.save("lan", f"{prefix} {number}", "SELECT 1")
        key, _ = keys.make(f"{prefix} {number}", ("hong-bang",), now, now + timedelta(days=1))
        display, _ = displays.add(f"{prefix} {number}", now)
        if number % 2:
            keys.remove(key.id)
            displays.revoke(display.id)


def count(store: BoardStore) -> None:
    """Write each number in two places at once, and say it when it is kept."""
    for number in range(1, 1_000_000):
        with store.change() as connection:
            for name in ("a", "b"):
                connection.execute("INSERT OR REPLACE INTO saved_queries VALUES ('lan', ?, ?)", (name, str(number)))
        print(number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
