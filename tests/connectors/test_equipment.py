"""The service centre's devices, asked over their real protocols, up to the figures on the board, in SQL and in the feed's terms."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from commands.supervision.stack import Stack
from connectors.declared.ready import READY
from connectors.equipment import CONNECTOR
from connectors.settings import ConnectorsSettings
from connectors.simulator.protocols.centre import Centre
from connectors.simulator.systems import equipment
from connectors.simulator.ward import Pretend
from ingest.contract.clock import WARD_ZONE, Clock
from ingest.contract.connector import PostProof
from ingest.probe.device_list import read_devices
from tests.connectors.support.taking import Still, events, reason
from warehouse.store.client import Client, connect

HOST = "127.0.0.1"
COMMUNITY = "phuong-hong-bang"
SAID = {"device": "MI-01", "category": "may_in", "by": "snmp", "at": "2026-11-19T01:00:00+00:00"}
SINCE = "2026-11-19T00:30:00+00:00"


def test_an_outage_has_the_same_name_at_both_ends() -> None:
    down = events(CONNECTOR, {**SAID, "told": "reached", "is": False, "down_since": SINCE})
    up = events(CONNECTOR, {**SAID, "told": "reached", "is": True, "down_since": SINCE})
    assert [one.kind for one in down + up] == ["equipment.down", "outage.started", "equipment.up", "outage.ended"]
    assert down[1].outage_ref == up[1].outage_ref == "MI-01|20261119T003000"
    assert [one.kind for one in events(CONNECTOR, {**SAID, "told": "reached", "is": True})] == ["equipment.up"]
    assert [one.kind for one in events(CONNECTOR, {**SAID, "told": "outage_over", "down_since": SINCE})] == [
        "outage.ended"
    ]


@pytest.mark.parametrize(
    "wrong", [{"told": "fault", "code": "on_fire"}, {"told": "sold"}, {"told": "reached", "at": "08:00"}, {}]
)
def test_what_is_none_of_it_is_refused(wrong: dict[str, Any]) -> None:
    assert reason(CONNECTOR, SAID | wrong)


class PretendCentre(Thread):
    """The pretend ward's devices, on a loop of their own."""

    def __init__(self, clock: Clock, file: Path) -> None:
        super().__init__(daemon=True)
        self._centre = Centre(Pretend(), clock, COMMUNITY, file)
        self._ended = Event()

    def run(self) -> None:
        asyncio.run(self._play())

    async def _play(self) -> None:
        task = asyncio.create_task(self._centre.run())
        while not self._ended.is_set() and not task.done():
            await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def end(self) -> None:
        self._ended.set()
        self.join()


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PretendCentre]:
    monkeypatch.setattr(equipment, "EARLY", equipment.EARLY * 100)  # also at night: no PC is switched off
    made = PretendCentre(Still(), tmp_path / "inventory" / "equipment.csv")
    made.start()
    yield made
    made.end()


def until(condition: Any, patience: float = 90) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.2)


def figure(client: Client, id: str, dimension: str = "", member: str = "") -> tuple[int, int]:
    asked = (
        "SELECT numerator, denominator FROM raw_values FINAL WHERE indicator = %(id)s AND dimension = %(dimension)s "
        "AND member = %(member)s ORDER BY window_ms DESC LIMIT 1"
    )
    found = client.query(asked, {"id": id, "dimension": dimension, "member": member})
    return (int(found[0][0]), int(found[0][1])) if found else (0, 0)


def look_up(stack: Stack, number: int) -> int:
    """Tell of a look-up as the kiosk does; the status, 0 for no answer."""
    settings = stack.settings(ConnectorsSettings)
    (secret,) = settings.post_secrets("lookup_kiosk", PostProof("bearer"))
    said = {"loai": "TRA_CUU", "maKiosk": "KIOSK-02", "maLuot": f"L-{number}", "maTTHC": "1.005129", "muc": "HO_SO"}
    body = {**said, "thoiGian": datetime.now(UTC).isoformat(), "nguoiTraCuu": "Nguyễn Văn An"}
    url = f"http://{HOST}:{settings.intake_port}/intake/lookup_kiosk"
    try:
        answer = httpx.post(url, json=body, headers={"authorization": f"Bearer {secret}"}, trust_env=False)
    except httpx.TransportError:
        return 0
    return answer.status_code


TITLE = "Họp với bà Trần Thị Mai"


@contextmanager
def calendar() -> Iterator[str]:
    """The address of a calendar with a meeting that is over, one that is under way, one that is cancelled and one without an end."""

    def event(name: str, begins: timedelta, more: str = "") -> str:
        at = datetime.now(UTC) + begins
        times = f"DTSTART:{at:%Y%m%dT%H%M%SZ}\r\nDTEND:{at + timedelta(minutes=30):%Y%m%dT%H%M%SZ}"
        return f"BEGIN:VEVENT\r\nUID:{name}\r\nSUMMARY:{TITLE}\r\n{times}\r\n{more}END:VEVENT\r\n"

    over, now = event("over", -timedelta(hours=2)), event("now", -timedelta(minutes=1))
    cancelled = event("cancelled", timedelta(hours=2), "STATUS:CANCELLED\r\n")
    endless = event("endless", timedelta(), "RRULE:FREQ=SECONDLY\r\n")
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{over}{now}{cancelled}{endless}END:VCALENDAR\r\n"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/private-0a1b/basic.ics" else 404)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{server.server_port}/private-0a1b/basic.ics"
        server.shutdown()


@pytest.mark.long
@pytest.mark.embedded
@pytest.mark.timeout(240)
def test_from_the_devices_to_the_figures(tmp_path: Path, centre: PretendCentre) -> None:
    with calendar() as address:
        _to_the_figures(tmp_path, centre, address)


def _to_the_figures(tmp_path: Path, centre: PretendCentre, address: str) -> None:
    file = tmp_path / "inventory" / "equipment.csv"
    until(file.is_file)
    devices = read_devices(file)
    (page,) = [one.addresses[0] for one in devices if one.device == "KIOSK-01"]
    (printer,) = [one.addresses[0] for one in devices if one.device == "MI-01"]
    (tmp_path / "connectors").mkdir()
    for name, old, new in (
        ("lookup_kiosk", "", ""),
        ("loudspeaker_http", "http://10.20.0.17/status", page),
        ("loudspeaker_snmp", "10.20.0.21", printer),
    ):
        text = (READY / f"{name}.toml").read_text("utf-8").replace(old, new, 1 if old else 0)
        (tmp_path / "connectors" / f"{name}.toml").write_text(text.replace("every = 60", "every = 10"), "utf-8")
    watched = [one for one in devices if one.by != "unwatched" and one.category != "duong_truyen"]
    settings = {
        "IOC_CONNECTORS_TOKENS__EQUIPMENT": COMMUNITY,
        "IOC_CONNECTORS_URLS__ONLINE_MEETING": address,
        "IOC_CONNECTORS_TOKENS__LOUDSPEAKER_SNMP": COMMUNITY,
        "IOC_CONNECTORS_REACHABLE": '["127.0.0.0/8"]',
    }
    with Stack(tmp_path, ("ingest", "warehouse", "streams")) as stack:
        stack.start("connectors", environment=settings)
        stack.wait("connectors")
        with connect(stack.install.warehouse) as client:
            until(lambda: figure(client, "E01") == (len(watched), len(watched)))
            assert figure(client, "E01", "category", "may_in") == (16, 16)
            until(lambda: figure(client, "E06") == (1, 1))
            # Of each way one loudspeaker answers; the others of the ready declarations never did, so nobody misses them.
            until(lambda: figure(client, "S01") == (2, 2))
            for number in (1, 2, 2):
                until(lambda number=number: look_up(stack, number) == 202)
            until(lambda: figure(client, "E10", "procedure_code", "1.005129")[0] == 2)
            today = datetime.now(WARD_ZONE).date()
            of_today = [1 for ago in (2 * 60, 1) if (datetime.now(WARD_ZONE) - timedelta(minutes=ago)).date() == today]
            until(lambda: figure(client, "E11") == (len(of_today), 0))
            assert client.query("SELECT line, count() FROM meeting WHERE ended_at IS NOT NULL GROUP BY 1") == [
                ("unknown", 1)
            ]
            assert client.query("SELECT count() FROM meeting WHERE cancelled = 1") == [(1,)]
            assert client.query(
                "SELECT reason_code FROM raw_dead_letters FINAL WHERE connector = 'online_meeting'"
            ) == [("calendar",)]
            centre.end()
            until(lambda: figure(client, "E01") == (0, len(watched)), 120)
            until(lambda: figure(client, "E06") == (0, 1))
            open_ = "SELECT count() FROM equipment_outage WHERE ended_at IS NULL"
            assert client.query(open_) == [(len(watched) + 1,)]
            stored = "".join(event for (event,) in client.query("SELECT event FROM raw_events"))
            assert [text for text in (HOST, "Nguyễn", TITLE) if text in stored] == [], "addresses stay in the list"
        assert "private-0a1b" not in stack.log("connectors", lines=10_000), "the address of a calendar is a secret"
