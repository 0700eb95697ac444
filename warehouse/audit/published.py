"""Audit of what is shown: the city's feed and the board, asked over HTTP as others ask them, against the stored figures."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from ingest.contract.clock import milliseconds, moment
from ingest.contract.errors import Unavailable
from warehouse.audit.report import AuditedFigures, AuditSection, Difference, FigureKey, Grain, name_figure
from warehouse.catalogue import indicator
from warehouse.model.expression import DAY_MS
from warehouse.model.grace import GRACE
from warehouse.query.feed import goes_out_sql
from warehouse.store.client import Client

FEED_DAYS = 7
"""The city's feed is read so many days back."""

PAGE = 5_000
ANSWER = timedelta(seconds=60)

_ON_ITS_WAY_MS = 10_000
"""What was written so shortly before may not have got there yet."""

FigureSums = tuple[int, int]


class BoardAddress(NamedTuple):
    """How the running board is reached."""

    url: str
    """Scheme, host and port."""
    key: str
    """For what it holds itself."""
    feed_key: str
    """For the city's feed."""
    wards: tuple[str, ...]
    """Wards that it may read."""


class StoredFigure(NamedTuple):
    """A stored figure."""

    sums: FigureSums
    written_ms: int


def board_of(data_folder: Path, ward: str) -> BoardAddress | None:
    """The board of this install, by what it leaves for the audit at its start; `None` when there was none yet."""
    try:
        left = json.loads((data_folder / "dashboard" / "readings.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    parts = urlsplit(left["url"])
    return BoardAddress(f"{parts.scheme}://{parts.netloc}", left["key"], left["key"], (ward,))


def compare_feed(
    client: Client,
    board: BoardAddress,
    ranges: Iterable[tuple[int, int]],
    now_ms: int,
    patience: Sequence[float],
    progress: Callable[[str], None],
) -> tuple[AuditedFigures, list[Difference]]:
    """Every figure of windows that begin in the ranges as the city gets it, in both directions.

    Args:
        client: an open connection.
        board: what to ask.
        ranges: begin and end, in ms.
        now_ms: the present by the install's clock.
        patience: pauses, in seconds, after which a difference is looked at again before it counts.
        progress: told which day it is about.

    Raises:
        Unavailable: the board does not answer.
    """
    spans = [(day, min(day + DAY_MS, end_ms)) for start_ms, end_ms in ranges for day in range(start_ms, end_ms, DAY_MS)]
    answers: list[tuple[int, list[Difference]]] = []
    with _opened(board.url, board.feed_key) as http:
        for span in spans:
            progress(f"feed {moment(span[0]):%Y-%m-%d}")
            answers.append(_feed_day(client, http, board.wards, span, now_ms))
        for pause in patience:
            if not any(found for _, found in answers):
                break
            time.sleep(pause)
            for number, (_, found) in enumerate(answers):
                if found:
                    size, again = _feed_day(client, http, board.wards, spans[number], now_ms)
                    answers[number] = (size, _still(found, again))
    differences = [difference for _, found in answers for difference in found]
    return AuditedFigures(sum(size for size, _ in answers), len(differences)), differences


def compare_board(
    client: Client, board: BoardAddress, ward: str, patience: Sequence[float]
) -> tuple[AuditedFigures, list[Difference]]:
    """Every figure that the board holds now: all windows that it shows, and the newest of each stock.

    Raises:
        Unavailable: the board does not answer.
    """
    with _opened(board.url, board.key) as http:
        count, found = _board_now(client, http, ward)
        for pause in patience if found else ():
            time.sleep(pause)
            count, again = _board_now(client, http, ward)
            found = _still(found, again)
            if not found:
                break
    return AuditedFigures(count, len(found)), found


def _still(found: Sequence[Difference], again: Sequence[Difference]) -> list[Difference]:
    """What differs where it differed before, as it is now."""
    places = {one.place for one in found}
    return [one for one in again if one.place in places]


def _feed_day(
    client: Client, http: httpx.Client, wards: Sequence[str], span: tuple[int, int], now_ms: int
) -> tuple[int, list[Difference]]:
    asked_ms = _now(client)
    shown = _feed(http, *span)
    rows = client.query(
        "SELECT ward, indicator, grain, window_ms, dimension, member, numerator, denominator, toUnixTimestamp64Milli(written_at) "
        f"FROM raw_values FINAL WHERE ward IN %(wards)s AND window_ms >= %(start)s AND window_ms < %(end)s AND {goes_out_sql()}",
        {"wards": tuple(wards), "start": span[0], "end": span[1]},
    )
    stored = {tuple(row[:6]): StoredFigure((row[6], row[7]), row[8]) for row in rows}
    found = list(_differing("feed", shown, stored, asked_ms))
    return len(shown.keys() | stored.keys()), found + list(_unequal(shown, now_ms))


def _differing(
    section: AuditSection, shown: dict[Any, FigureSums], stored: dict[Any, StoredFigure], asked_ms: int
) -> Iterator[Difference]:
    for place in sorted(shown.keys() | stored.keys()):
        kept = stored.get(place)
        if kept is None:
            if any(shown[place]):
                yield Difference(section, "extra", name_figure(place), _text(shown[place]), "")
        elif kept.written_ms < asked_ms - _ON_ITS_WAY_MS and shown.get(place) != kept.sums:
            there = shown.get(place)
            if there is not None or any(kept.sums):
                found = "" if there is None else _text(there)
                yield Difference(
                    section, "missing" if there is None else "wrong", name_figure(place), found, _text(kept.sums)
                )


def _unequal(shown: dict[FigureKey, FigureSums], now_ms: int) -> Iterator[Difference]:
    """Totals of closed windows that are not what their members add up to."""
    sums: dict[tuple[str, str, int, str], list[int]] = {}
    for (ward, id, grain, window, dimension, _), (n, d) in shown.items():
        if grain == "flow" and dimension:
            added = sums.setdefault((ward, id, window, dimension), [0, 0])
            added[0] += n
            added[1] += d
    for (ward, id, window, dimension), (n, d) in sorted(sums.items()):
        is_closed = window + (indicator(id).window + GRACE) // timedelta(milliseconds=1) < now_ms
        total = shown.get((ward, id, "flow", window, "", ""), (0, 0))
        if is_closed and total != (n, d):
            yield Difference(
                "feed", "unequal", name_figure((ward, id, "flow", window, dimension, "Σ")), _text((n, d)), _text(total)
            )


def _board_now(client: Client, http: httpx.Client, ward: str) -> tuple[int, list[Difference]]:
    asked_ms = _now(client)
    held = _get(http, "/api/board/v1/readings", {}).json()
    columns = {name: number for number, name in enumerate(held["columns"])}
    shown: dict[Any, FigureSums] = {}
    for row in held["values"]:
        place = [row[columns[name]] for name in ("ward", "indicator", "grain", "window_ms", "dimension", "member")]
        shown[_shown_place(*place)] = (row[columns["numerator"]], row[columns["denominator"]])
    ids = list(held["since_ms"])
    rows = client.query(
        "SELECT ward, indicator, grain, window_ms, dimension, member, numerator, denominator, toUnixTimestamp64Milli(written_at) "
        "FROM raw_values FINAL WHERE ward = %(ward)s AND grain = 'flow' AND window_ms >= transform(indicator, %(ids)s, %(since)s, 0) "
        "UNION ALL SELECT ward, indicator, grain, window_ms, dimension, member, numerator, denominator, toUnixTimestamp64Milli(written_at) "
        "FROM (SELECT * FROM raw_values FINAL WHERE ward = %(ward)s AND grain = 'stock' "
        "ORDER BY window_ms DESC LIMIT 1 BY indicator, dimension, member)",
        {"ward": ward, "ids": ids, "since": [held["since_ms"][id] for id in ids]},
    )
    stored = {_shown_place(*row[:6]): StoredFigure((row[6], row[7]), row[8]) for row in rows}
    return len(shown.keys() | stored.keys()), list(_differing("board", shown, stored, asked_ms))


def _shown_place(ward: str, id: str, grain: Grain, window_ms: int, dimension: str, member: str) -> FigureKey:
    """Of a stock only the newest is shown, whichever minute it is of."""
    return ward, id, grain, 0 if grain == "stock" else window_ms, dimension, member


def _feed(http: httpx.Client, start_ms: int, end_ms: int) -> dict[FigureKey, FigureSums]:
    """Every row of the feed, page by page."""
    asked: dict[str, str | int] = {
        "from": moment(start_ms).isoformat(),
        "to": moment(end_ms).isoformat(),
        "limit": PAGE,
    }
    shown: dict[FigureKey, FigureSums] = {}
    while True:
        page = _get(http, "/api/feed/v1/values", asked).json()
        for row in page["rows"]:
            place = (
                row["ward"],
                row["indicator"],
                row["grain"],
                milliseconds(_parsed(row["window_start"])),
                row["dimension"],
                row["member"],
            )
            shown[place] = (row["numerator"], row["denominator"] or 0)
        if not page["more"]:
            return shown
        asked["cursor"] = page["cursor"]


def _get(http: httpx.Client, path: str, asked: dict[str, str | int]) -> httpx.Response:
    """Ask the board; waits when it says that we ask too often, and asks for smaller pages where it allows no larger ones.

    Raises:
        Unavailable: there is none.
    """
    while True:
        try:
            answer = http.get(path, params=asked)
        except httpx.HTTPError as error:
            raise Unavailable("The board", f"{http.base_url}: {type(error).__name__} {error}") from error
        if answer.status_code == 429:
            time.sleep(min(60.0, float(answer.headers.get("Retry-After", "5"))))
        elif answer.status_code == 422 and int(asked.get("limit", 0)) > 1:
            asked["limit"] = int(asked["limit"]) // 2
        elif answer.status_code != 200:
            raise Unavailable("The board", f"{path} answers {answer.status_code}: {answer.text[:200]}")
        else:
            return answer


def _opened(url: str, key: str) -> httpx.Client:
    host = urlsplit(url).hostname or ""
    # On this PC its certificate bears the name that browsers use, not the address by which we ask ourselves.
    is_here = host in ("127.0.0.1", "::1", "localhost")
    return httpx.Client(
        base_url=url,
        headers={"authorization": f"Bearer {key}", "accept": "application/json"},
        timeout=ANSWER.total_seconds(),
        verify=not is_here,
        trust_env=False,
    )


def _now(client: Client) -> int:
    """The clock by which rows are written."""
    return int(client.query("SELECT toUnixTimestamp64Milli(now64(3))")[0][0])


def _parsed(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _text(sums: FigureSums) -> str:
    return f"{sums[0]}/{sums[1]}" if sums[1] else str(sums[0])
