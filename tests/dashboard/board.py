"""The whole board as one server in this process, with a ward of known figures instead of Kafka and the warehouse behind it."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx

from dashboard.accounts import Accounts
from dashboard.app import build
from dashboard.live import Live
from ingest.errors import QueryRefused
from tests.dashboard.ward import board_settings, ingest_settings, values
from warehouse.adhoc import Answer, Column

ORIGIN = "http://board.test"


class StillLive(Live):
    """Reads its figures once and waits: nothing is pushed unless a test does."""

    async def run(self):
        await self._read_all()
        await asyncio.Event().wait()


def answer(sql: str, person: str) -> Answer:
    """Two rows for any query, and a refusal for one that names a forbidden function."""
    if "file(" in sql:
        raise QueryRefused("function", "file() is not allowed")
    rows = [("dat_dai", 3, "=1+1"), ("ho_tich", 5, None)]
    columns = (Column("field", "String"), Column("dossiers", "UInt64"), Column("note", "String"))
    return Answer(columns, rows, False, timedelta(milliseconds=20), sql)


class BoardOfTests:
    """A board and ways to talk to it."""

    def __init__(self, folder, ask_feed=lambda question: [], **changed):
        self.settings = board_settings(folder, **changed)
        self.accounts = Accounts(self.settings)
        self.live = StillLive(ingest_settings(folder), self.settings, lambda now_ms: values())
        self.board = build(self.live, self.settings, answer, ask_feed)
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


def callback(output: str, outputs, inputs, state=(), changed: str = ""):
    """The body of a Dash callback's request."""
    return {
        "output": output,
        "outputs": outputs,
        "inputs": list(inputs),
        "state": list(state),
        "changedPropIds": [changed],
    }
