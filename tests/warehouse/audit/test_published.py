"""What the audit says of the city's feed: by a feed of its own over HTTP, and what is stored beside it."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from warehouse.audit.published import BoardAddress, compare_feed
from warehouse.model.expression import DAY_MS

NOW_MS = 1_795_200_000_000
"""The clock by which rows are written."""
START_MS = 1_795_104_000_000
WINDOW_MS = START_MS + 8 * 3_600_000


class Feed(ThreadingHTTPServer):
    """A feed of one page."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.rows: list[dict[str, Any]] = []

    @property
    def board(self) -> BoardAddress:
        return BoardAddress(f"http://127.0.0.1:{self.server_port}", "key", "key", ("w",))


class Page(BaseHTTPRequestHandler):
    """Answers with the rows."""

    server: Feed

    def do_GET(self) -> None:
        body = json.dumps({"rows": self.server.rows, "more": False}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Stored:
    """A warehouse that holds these rows of the feed's day, and whose clock stands."""

    def __init__(self, *rows: tuple[object, ...]) -> None:
        self.rows = list(rows)

    def query(self, sql: str, parameters: object = None) -> list[tuple[object, ...]]:
        return self.rows if "FROM raw_values" in sql else [(NOW_MS,)]


@pytest.fixture
def feed() -> Iterator[Feed]:
    server = Feed()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def kept(written_ms: int, numerator: int = 5, denominator: int = 0) -> tuple[object, ...]:
    return ("w", "Q01", "flow", WINDOW_MS, "", "", numerator, denominator, written_ms)


def shown(numerator: int, denominator: int | None = None) -> dict[str, Any]:
    return {
        "ward": "w", "indicator": "Q01", "grain": "flow", "dimension": "", "member": "", "numerator": numerator,
        "denominator": denominator, "window_start": datetime.fromtimestamp(WINDOW_MS / 1000, UTC).isoformat(),
    }  # fmt: skip


def differences(
    feed: Feed, rows: list[dict[str, Any]], *stored: tuple[object, ...]
) -> tuple[int, list[tuple[str, ...]]]:
    """How many figures were compared; fault, found and stored of each difference."""
    feed.rows = rows
    span = (START_MS, START_MS + DAY_MS)
    checked, found = compare_feed(Stored(*stored), feed.board, [span], NOW_MS, (), lambda _: None)  # type: ignore[arg-type]
    assert checked.differences == len(found)
    return checked.compared, [(one.fault, one.found, one.expected) for one in found]


OLD = NOW_MS - 60_000


def test_what_agrees_is_no_difference(feed):
    assert differences(feed, [shown(5)], kept(OLD)) == (1, [])


def test_a_figure_that_was_just_written_may_not_have_got_there_yet(feed):
    for written_ms, expected in ((NOW_MS, 0), (NOW_MS - 9_999, 0), (NOW_MS - 10_000, 0), (NOW_MS - 10_001, 1)):
        assert len(differences(feed, [], kept(written_ms))[1]) == expected
        assert len(differences(feed, [shown(4)], kept(written_ms))[1]) == expected


@pytest.mark.parametrize(
    ("rows", "stored", "expected"),
    [
        ([shown(4)], [kept(OLD)], [("wrong", "4", "5")]),
        ([], [kept(OLD)], [("missing", "", "5")]),
        ([shown(5)], [], [("extra", "5", "")]),
        ([shown(0)], [], []),
        ([], [kept(OLD, 0)], []),
        ([shown(1)], [kept(OLD, 0)], [("wrong", "1", "0")]),
        ([shown(5, 2)], [kept(OLD, 5, 3)], [("wrong", "5/2", "5/3")]),
    ],
)
def test_each_difference_has_its_name(feed, rows, stored, expected):
    assert differences(feed, rows, *stored)[1] == expected
