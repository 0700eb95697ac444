"""From a file of declarations to a figure: a vendor's webhook and a workbook, while the connectors are killed."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import Workbook

from commands.supervision.stack import Stack
from connectors.declared.ready import READY
from connectors.settings import ConnectorsSettings
from ingest.contract.connector import PostProof
from warehouse.store.client import Client, connect

pytestmark = [pytest.mark.embedded, pytest.mark.long, pytest.mark.timeout(240)]

BROKEN, PETITIONS, POSTS = "broken", "petitions_x", "posts_x"
ROWS = 450
SENT = int((time.time() - 3600) * 1000)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    folder = tmp_path / "connectors"
    folder.mkdir()
    (folder / f"{PETITIONS}.toml").write_text((READY / "petition_vendor.toml").read_text("utf-8"), encoding="utf-8")
    (folder / f"{POSTS}.toml").write_text((READY / "platform_posts.toml").read_text("utf-8"), encoding="utf-8")
    (folder / f"{BROKEN}.toml").write_text("label = 1", encoding="utf-8")
    with Stack(tmp_path, ("ingest", "warehouse", "streams")) as running:
        yield running


def until(condition: Any, patience: float = 90) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.2)


def post(stack: Stack, number: int, **changed: Any) -> int:
    """Post as the vendor does; its status, 0 for no answer."""
    data = {
        "code": f"PA-{number}",
        "source": "1022",
        "type": "HIENTRUONG",
        "categoryName": "Hộ tịch",
        "content": "Nguyễn Văn An",
    }
    body = json.dumps(
        {"eventId": f"e-{number}", "eventType": "FEEDBACK_RECEIVED", "time": SENT, "data": data, **changed}
    ).encode()
    settings = stack.settings(ConnectorsSettings)
    (secret,) = settings.post_secrets(PETITIONS, PostProof("hmac"))
    headers = {
        "content-type": "application/json",
        "x-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }
    url = f"http://127.0.0.1:{settings.intake_port}/intake/{PETITIONS}"
    try:
        return httpx.post(url, content=body, headers=headers, trust_env=False).status_code
    except httpx.TransportError:
        return 0


def drop_workbook(stack: Stack) -> Path:
    book = Workbook()
    book.active.append(["Mã bài", "Ngày đăng", "Nền tảng", "Chuyên mục", "Người đăng"])
    for number in range(ROWS):
        book.active.append([f"ZL-{number}", "03/11/2025 08:30", "Zalo", "Chuyển đổi số", "Nguyễn Văn An"])
    inbox = stack.folder / "inbox" / POSTS
    inbox.mkdir(parents=True, exist_ok=True)
    book.save(stack.folder / "posts.xlsx")
    (stack.folder / "posts.xlsx").replace(inbox / "posts.xlsx")
    return inbox


def counted(client: Client, indicator: str) -> int:
    asked = "SELECT sum(numerator) FROM raw_values FINAL WHERE grain = 'flow' AND dimension = '' AND indicator = %(id)s"
    return int(client.query(asked, {"id": indicator})[0][0])


def test_from_declarations_to_figures_counted_once_though_the_connectors_are_killed(stack: Stack) -> None:
    inbox = drop_workbook(stack)
    # Kafka has the third post and the whole workbook, and nobody was told: the vendor posts again, the file is read again.
    stack.start("connectors", environment={"IOC_FAILPOINTS": "intake.sent:3:kill"})
    stack.wait("connectors")
    for number in (1, 2):
        until(lambda number=number: post(stack, number) == 202)  # 503 until it has found Kafka
    assert post(stack, 3) == 0
    stack.process("connectors").wait(30)
    stack.start("connectors", environment={"IOC_FAILPOINTS": "files.sent:1:kill"})
    stack.process("connectors").wait(90)
    assert (inbox / "posts.xlsx").is_file()
    stack.start("connectors")
    stack.wait("connectors")
    until(lambda: post(stack, 3) == 202)
    assert post(stack, 4, time=1) == 202  # signed, but it makes no sense
    until(lambda: [one.name.split("-", 1)[1] for one in (inbox / "done").glob("*")] == ["posts.xlsx"])
    with connect(stack.install.warehouse) as client:
        until(lambda: client.query("SELECT connector, reason_code FROM dead_letters") == [(PETITIONS, "invalid_time")])
        until(lambda: client.query("SELECT count() FROM raw_repeats") == [(ROWS + 1,)])
        assert (counted(client, "P01"), counted(client, "V02")) == (3, ROWS)
        asked = "SELECT argMax(kind, at_ms) FROM raw_events WHERE subject = %(id)s"
        assert client.query(asked, {"id": BROKEN}) == [("source.down",)]
        stored = "".join(event for (event,) in client.query("SELECT event FROM raw_events"))
        assert [text for text in ("Nguyễn", "PA-1") if text in stored] == []
