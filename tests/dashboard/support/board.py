"""The whole board as one server in this process, with a ward of known figures instead of Kafka and the warehouse behind it."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from traceback import StackSummary, walk_stack
from typing import Any
from unittest.mock import patch

import httpx
from argon2 import PasswordHasher
from dash.development.base_component import Component

from dashboard.access.accounts import Accounts
from dashboard.alarm.settings import AlarmSettings
from dashboard.app import build_board
from dashboard.apps.page_list import pages
from dashboard.board.alarm_desk import AlarmDesk
from dashboard.board.live import Live
from ingest.contract.errors import QueryRefused, Unavailable
from tests.dashboard.support.alarms import MemoryLog
from tests.dashboard.support.ward import board_settings, ingest_settings, values
from warehouse.query.adhoc import QueryResult, ResultColumn

ORIGIN = "http://board.test"


class StillLive(Live):
    """Reads its figures once and waits: nothing is pushed unless a test does."""

    async def run(self):
        await self.read_all()
        await asyncio.Event().wait()


class StillDesk(AlarmDesk):
    """Shows the alarms that a test puts into its log, and reads none from Kafka."""

    async def run(self):
        self.show()
        await asyncio.Event().wait()


REFUSED = {"SELECT file('/etc/passwd')": QueryRefused("function", "file() is not allowed")}
"""Queries that are not answered, and why."""


def answer(sql: str, person: str) -> QueryResult:
    """Two rows for any query that is not refused."""
    if sql in REFUSED:
        raise REFUSED[sql]
    rows = [("dat_dai", 3, "=1+1"), ("ho_tich", 5, None)]
    columns = (ResultColumn("field", "String"), ResultColumn("dossiers", "UInt64"), ResultColumn("note", "String"))
    return QueryResult(columns, rows, False, timedelta(milliseconds=20))


class Away:
    """The warehouse, which does not answer."""

    async def ask(self, question):
        raise Unavailable("ClickHouse", "not in this test")


def components(part: object) -> Iterator[Any]:
    """A part of a page and everything in it, components and bare texts."""
    if isinstance(part, list | tuple):
        for one in part:
            yield from components(one)
    elif isinstance(part, Component):
        yield part
        for name, value in vars(part).items():
            if name == "children" or isinstance(value, Component):
                yield from components(value)
    elif isinstance(part, str):
        yield part


def id_text(id: str | dict[str, Any]) -> str:
    """A component's id as Dash writes it into properties and requests."""
    return id if isinstance(id, str) else json.dumps(id, sort_keys=True, separators=(",", ":"))


QUICK_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Costs next to nothing: hundreds of passwords are tried here."""


class BoardOfTests:
    """A board and ways to talk to it."""

    def __init__(self, folder, ingest=None, ask_feed=lambda question: [], reader=None, **changed):
        self.settings = board_settings(folder, **changed)
        self.accounts = Accounts(self.settings, QUICK_HASH)
        self.live = StillLive(
            ingest or ingest_settings(folder), self.settings, lambda now_ms, stocks_from_ms: values(), pages()
        )
        self.reader = reader or Away()
        self.kafka = MemoryLog()
        desk = StillDesk(self.live, self.reader, AlarmSettings(_env_file=None), self.kafka)
        self.kafka.fold = desk.log.fold
        # Most of making a board is under pytest what Dash does with no use to us: it reads the sources of the whole stack to name a
        # callback without inputs after who calls, and asks every package that is installed whether it has hooks for it.
        with (
            patch("inspect.stack", lambda: StackSummary.extract(walk_stack(None), lookup_lines=False)),
            patch("importlib.metadata.distributions", list),
        ):
            self.board = build_board(
                self.live, self.settings, answer, ask_feed, self.reader, desk.settings, self.accounts, desk
            )
        self.server = self.board.server

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.server)
        return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"sec-fetch-site": "same-origin"})

    @asynccontextmanager
    async def logged_in(self, rights=("leader",), name="lan"):
        password = self.accounts.add(name, frozenset(rights))
        async with self.client() as client:
            response = await client.post("/login", data={"name": name, "password": password, "next": "/"})
            assert response.status_code == 303, response.text
            yield client


async def call(client, output, inputs, state=(), changed=None):
    """What the callback that has this output gives; see `full_answer`."""
    return (await full_answer(client, output, inputs, state, changed)).get("response", {})


async def full_answer(client, output, inputs, state=(), changed=None):
    """Run the callback that has this output, as the browser does; `changed`: the input that started it, the first if left out."""
    listed = (await client.get("/_dash-dependencies")).json()
    names = [f"{id}.{name}" for (id, name), _ in inputs]
    found = next(
        one
        for one in listed
        if output in one["output"] and [f"{i['id']}.{i['property']}" for i in one["inputs"]] == names
    )
    ids = [part.rpartition(".") for part in found["output"].strip(".").split("...")]
    outputs = [
        {"id": json.loads(id) if id.startswith("{") else id, "property": name.partition("@")[0]} for id, _, name in ids
    ]
    body = {
        "output": found["output"],
        "outputs": outputs if found["output"].startswith("..") else outputs[0],
        "inputs": [{"id": id, "property": name, "value": value} for (id, name), value in inputs],
        "state": [{"id": id, "property": name, "value": value} for (id, name), value in state],
        "changedPropIds": [changed or names[0]],
    }
    response = await client.post("/_dash-update-component", json=body)
    assert response.status_code in (200, 204), response.text
    return response.json() if response.status_code == 200 else {}
