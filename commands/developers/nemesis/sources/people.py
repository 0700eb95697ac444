"""People: what people and alarms do in a storm - alarms come and go, somebody comments on them in a browser, and a receiver is told.

Every comment is another one, so that it can be found again. A person who gets an error or no answer presses again, which is the same
click; what was answered well once must be in the log for good.
"""

import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, NamedTuple

import httpx

from commands.supervision.stack import Stack
from dashboard.access.accounts import Accounts
from dashboard.pages.alarms.detail import STEPS
from dashboard.settings import BoardSettings
from ingest.contract.errors import Unavailable
from warehouse.settings import WarehouseSettings
from warehouse.store.client import ServerError, connect
from warehouse.store.halted_partitions import halt_partition, resume_partition

NAME = "nemesis"
HALTED = tuple(f"ioc.nemesis{number}.v1" for number in range(6))
"""Topics that there are not: each is an alarm as soon as somebody says that it is stopped."""

PACE = (0.3, 1.5)
"""Seconds between two things that people do, from … to."""
PATIENCE = 15.0
BUTTONS = ("alarm-acknowledge", "alarm-assign", "alarm-say", *(f"alarm-step-{step}" for step in range(STEPS)))
ALARMS = "/board/readings"


class ToldMessage(NamedTuple):
    """A message that the receiver took."""

    id: str
    alarm: str
    kind: str
    is_accepted: bool = True
    """Whether it answered so."""


class People:
    """A person at the board, a receiver of webhooks, and the causes of alarms.

    Args:
        stack: whose board.
        random: chooses.
    """

    def __init__(self, stack: Stack, random: Random) -> None:
        self.told: list[ToldMessage] = []
        self.answered: list[tuple[str, str]] = []
        """Alarm and comment of what was answered well."""
        self.clicks = 0
        """How often something was pressed, the same click again included."""
        self._stack = stack
        self._random = random
        self._ending = threading.Event()
        self._refuses = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._threads = [
            threading.Thread(target=one, name=name, daemon=True)
            for name, one in (("receiver", self._server.serve_forever), ("person", self._act), ("causes", self._cause))
        ]

    @property
    def url(self) -> str:
        """Where the receiver is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/alarms"

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End, with every cause gone and the last click answered."""
        self._ending.set()
        for thread in self._threads[1:]:
            thread.join(120)
        self._refuses = False

    def stop(self) -> None:
        """Close the receiver."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        people = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["content-length"])))
                # It may answer no although it has taken the message: who asks again must not be taken for another.
                refuses = people._refuses
                if not refuses or people._random.random() < 0.5:
                    message = ToldMessage(self.headers["webhook-id"], said["data"]["alarm"], said["type"], not refuses)
                    people.told.append(message)
                self.send_response(503 if refuses else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        return Handler

    def _cause(self) -> None:
        """Alarms come and go; the receiver refuses for a while now and then."""
        halted: set[str] = set()
        while not self._ending.wait(self._random.uniform(1.0, 4.0)):
            self._refuses = self._random.random() < 0.2
            topic = self._random.choice(HALTED)
            with suppress(Unavailable, ServerError):
                self._toggle(topic, halted)
        while halted:
            with suppress(Unavailable, ServerError):
                self._toggle(next(iter(halted)), halted)
            time.sleep(0.2)

    def _toggle(self, topic: str, halted: set[str]) -> None:
        with connect(self._stack.settings(WarehouseSettings)) as client:
            if topic in halted:
                resume_partition(client, topic, 0, NAME, 0)
                halted.discard(topic)
            else:
                halted.add(topic)
                halt_partition(client, topic, 0, 0, "51/1000")

    def _act(self) -> None:
        """Log in, choose an alarm, comment on it until that is answered, and so on."""
        settings = self._stack.settings(BoardSettings)
        password = Accounts(settings).add(NAME, frozenset({"leader"}))
        client = httpx.Client(base_url=settings.url, timeout=PATIENCE, headers={"sec-fetch-site": "same-origin"})
        number = 0
        callback: dict[str, Any] = {}
        while not self._ending.wait(self._random.uniform(*PACE)):
            try:
                callback = callback or self._find_callback(client, password)
                alarms = self._alarms(client)
            except (httpx.HTTPError, LookupError, ValueError, OSError):
                continue
            if alarms:
                number += 1
                self._until_answered(client, callback, self._random.choice(alarms), f"lời {number}")
        client.close()

    def _until_answered(self, client: httpx.Client, callback: dict[str, Any], alarm: str, comment: str) -> None:
        end = time.monotonic() + 300
        while time.monotonic() < end:
            self.clicks += 1
            try:
                answer = client.post("/_dash-update-component", json=_click(callback, alarm, comment))
                said = answer.json()["response"] if answer.status_code == 200 else {}
                fault = said.get("alarm-fault", {}).get("children")
            except (httpx.HTTPError, LookupError, ValueError, AttributeError):
                fault = "no answer"
            else:
                if fault == "" and answer.status_code == 200:
                    self.answered.append((alarm, comment))
                    return
                if isinstance(fault, str) and "không còn" in fault:
                    return  # it has cleared, and is gone from the list
            time.sleep(0.3)

    def _find_callback(self, client: httpx.Client, password: str) -> dict[str, Any]:
        client.post("/login", data={"name": NAME, "password": password, "next": "/"})
        listed = client.get("/_dash-dependencies").json()
        found: dict[str, Any] = next(
            one for one in listed if "alarm-fault.children" in one["output"] and len(one["inputs"]) == len(BUTTONS) + 1
        )
        return found

    def _alarms(self, client: httpx.Client) -> list[str]:
        """The active alarms that the board shows."""
        found = json.loads((self._stack.folder / "dashboard" / "readings.json").read_text())
        answer = client.get(found["url"], headers={"authorization": f"Bearer {found['key']}"})
        answer.raise_for_status()
        return sorted(answer.json()["alarms"])


def _click(callback: dict[str, Any], alarm: str, comment: str) -> dict[str, Any]:
    """What the browser sends when somebody writes a comment; the comment itself tells the click apart."""
    ids = [part.rpartition(".") for part in callback["output"].strip(".").split("...")]
    state = {"alarm-id": alarm, "alarm-to": None, "alarm-comment": comment, "alarm-click": comment}
    return {
        "output": callback["output"],
        "outputs": [{"id": id, "property": name.partition("@")[0]} for id, _, name in ids],
        "inputs": [{"id": one["id"], "property": one["property"], "value": 1} for one in callback["inputs"]],
        "state": [
            {"id": one["id"], "property": one["property"], "value": state.get(one["id"], "false")}
            for one in callback["state"]
        ],
        "changedPropIds": ["alarm-say.n_clicks"],
    }
