"""Audit view: what the board's memory holds now, value by value, so that the audit can compare it with the warehouse.

One route, for programs with a key of the scope `board`. Each start of the board leaves address and a key, for the city's feed as
well, in `<data folder>/dashboard/readings.json`, for its owner only, so that the audit on the same PC needs nothing set up.
"""

import asyncio
import json
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Response

from dashboard.access.api_key import SCOPES, FeedKey, FeedKeys, KeyCheck
from dashboard.access.guard import BOARD
from dashboard.board.live import Live
from dashboard.settings import BoardSettings
from dashboard.store.changes import OURSELVES
from ingest.contract.clock import RealClock
from ingest.runtime.durable import replace_file
from warehouse.catalogue import indicators
from warehouse.model.reading import kept_from

READINGS = f"{BOARD}/readings"
COLUMNS = (
    "ward", "indicator", "grain", "window_ms", "dimension", "member", "numerator", "denominator", "version", "revision",
)  # fmt: skip

_NAME = "audit"
_VALID = timedelta(days=3650)


def build_audit_view(live: Live, settings: BoardSettings) -> FastAPI:
    """Make an application of the one route, to be mounted by the board's server at `BOARD`."""
    check = KeyCheck(settings, "board")
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get(READINGS.removeprefix(BOARD))
    async def readings(key: Annotated[FeedKey, Depends(check)]) -> Response:
        if live.ingest.ward not in key.wards:
            raise HTTPException(403, f"the key {key.id} may not read {live.ingest.ward}")
        if not live.loaded:
            raise HTTPException(503, "the board has not read its figures yet, try again", {"Retry-After": "1"})
        # Here, on the loop on which values are taken in, nothing changes meanwhile.
        body = await asyncio.to_thread(json.dumps, board_memory(live), ensure_ascii=False, separators=(",", ":"))
        return Response(body, media_type="application/json")

    return app


def board_memory(live: Live) -> dict[str, Any]:
    """The board's memory: for every indicator and split the newest stock, and the windows that its figure and charts reach.

    With how often it was compared with the warehouse since the start, how many values had to be corrected, of how many stored ones
    the push has not come, and the acts of each active alarm.

    Older windows, as a source tells them that catches up, are shown nowhere and wait to be forgotten.
    """
    now_ms = live.now_ms()
    since = {one.id: kept_from(one, now_ms) for one in indicators()}
    reached = (one for one in live.readings.values() if one.grain == "stock" or one.window_ms >= since[one.indicator])
    return {
        "as_of_ms": now_ms,
        "columns": COLUMNS,
        "since_ms": since,
        "comparisons": live.agreement.comparisons,
        "corrected": live.agreement.corrected,
        "awaited": live.agreement.awaited,
        "alarms": {one.id: [act.id for act in one.acts] for one in live.alarms.active},
        "values": [[getattr(value, name) for name in COLUMNS] for value in reached],
    }


def leave_key(settings: BoardSettings, ward: str) -> None:
    """Make the audit's key anew, and leave it with the address where the audit looks for them."""
    keys, now = FeedKeys(settings), RealClock().now()
    for old in [key for key in keys.all().values() if key.name == _NAME and "board" in key.scopes]:
        keys.remove(old.id, OURSELVES)
    _, text = keys.make(_NAME, (ward,), now, now + _VALID, SCOPES, OURSELVES)
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "localhost") else settings.host
    scheme = "https" if settings.tls_certificate else "http"
    found = {"url": f"{scheme}://{host}:{settings.port}{READINGS}", "key": text}
    replace_file(settings.folder / "readings.json", json.dumps(found))
