"""Driver: the sources, all in one event loop in a thread of its own, at a steady pace however the system feels."""

import asyncio
import heapq
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from commands.developers.nemesis.sources.devices import StormDevices
from commands.developers.nemesis.sources.journal import MessageJournal
from commands.developers.nemesis.sources.message import (
    ExpectedOutcome,
    MessageMeaning,
    MessagePlan,
    conflict_dead_letter,
)
from commands.developers.nemesis.sources.scripts import Scripts
from commands.developers.nemesis.sources.senders import (
    FileSender,
    KafkaSender,
    MessageOffer,
    MqttSender,
    Outcome,
    SignedPost,
    TableSender,
)
from connectors.settings import ConnectorsSettings
from connectors.simulator.protocols.rest import RestServer
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import topic_of

Say = Callable[[MessagePlan], Coroutine[Any, Any, tuple[Outcome, str]]]

OTHER_WARDS = ("le-chan", "ngo-quyen", "hai-an")
"""Wards whose connectors are elsewhere: their events come straight into Kafka, to other partitions."""

REPEATED = 0.04
"""Share of messages that are said again, from at once to minutes later."""
CONTRADICTED = 0.01
SENSELESS = 1 / 250
"""Records that are no events, for each message; so few in every partition that they halt no partition."""
WITHOUT_KEY = 12
"""How many of them have no key: such go to partitions that hold nothing else."""

DOSSIERS_PATH = "/api/ho-so/thay-doi"


@dataclass(frozen=True)
class DriverReach:
    """Where the sources find the system."""

    ingest: IngestSettings
    """Kafka, as the driver sees it."""
    connectors: ConnectorsSettings
    intake_port: int
    mqtt_port: int
    rest_port: int
    """Where the sources that are asked listen."""
    table: Path
    """Database of the source whose table is read."""
    syslog_port: int
    device_ports: list[int]
    """Of the devices that are asked."""


@dataclass(order=True)
class _Due:
    at: float
    number: int
    saying: MessagePlan = field(compare=False)


class MessageDriver:
    """Runs the sources between `start` and `close`.

    Args:
        reach: where they find the system.
        journal: what they write down.
        scripts: what they say.
        rate: messages a second, of all together.
        seed: for what is random about how they say it.
    """

    def __init__(self, reach: DriverReach, journal: MessageJournal, scripts: Scripts, rate: float, seed: int) -> None:
        self._reach = reach
        self._journal = journal
        self._scripts = scripts
        self._rate = rate
        self._random = Random(seed)  # noqa: S311 - a repeatable run, no secret
        self._meaning = MessageMeaning(reach.ingest)
        self._again: list[_Due] = []
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="driver", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self.error: BaseException | None = None
        """What ended it before its time."""
        self.offer = MessageOffer(journal, Random(seed + 1))  # noqa: S311 - as above
        self.declared_offer = MessageOffer(journal, Random(seed + 4))  # noqa: S311 - as above

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._ready.wait(60)

    def close(self, patience: float) -> bool:
        """Begin nothing new, and say what is open until it is answered; whether all of it was in time."""
        self._ending = True
        self.offer.healthy = self.declared_offer.healthy = True
        self._thread.join(patience)
        return not self._thread.is_alive()

    def say(self, saying: MessagePlan) -> None:
        """Let the kiosk say something more, soon."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._put_off, 0.0, saying)

    def _run(self) -> None:
        try:
            asyncio.run(self._sources())
        except BaseException as error:  # told by whoever waits for this thread
            self.error = error
            raise
        finally:
            self._ready.set()

    async def _sources(self) -> None:
        self._loop = asyncio.get_running_loop()
        reach = self._reach
        secrets = {
            id: reach.connectors.webhook_secrets(id)[0] for id in ("queue_kiosk", "petition_portal", "storm_post")
        }
        post = SignedPost(f"http://127.0.0.1:{reach.intake_port}", secrets, self._random)
        gateways = [self._gateway("smart_loudspeaker", f"gateway-{n}") for n in range(2)]
        declared: dict[str, Say] = {
            "storm_post": post.say,
            "storm_mqtt": (announcer := self._gateway("storm_mqtt", "announcer")).say,
            "storm_table": TableSender(reach.table).say,
            "storm_files": FileSender(reach.ingest.data_folder / "inbox" / "storm_files").say,
        }
        straight = KafkaSender(reach.ingest, self._meaning)
        app = self.offer.app(DOSSIERS_PATH)
        app.mount("/declared", self.declared_offer.app("/changes"))
        devices = StormDevices(
            reach.ingest.data_folder, reach.device_ports, reach.syslog_port, self._random, self._scripts.canary
        )
        server = RestServer(app, reach.rest_port)
        playing = asyncio.create_task(devices.run())
        serving = asyncio.create_task(server.serve())
        await straight.start()
        self._ready.set()
        ward, scripts, share = reach.ingest.ward, self._scripts, self._rate / 12
        try:
            async with asyncio.TaskGroup() as group:
                for n in range(4):
                    group.create_task(self._lane(f"kiosk-{n}", ward, scripts.ticket, post.say, share))
                group.create_task(self._lane("petition", ward, scripts.petition, post.say, share))
                for n, gateway in enumerate(gateways):
                    for m in range(2):
                        group.create_task(self._lane(f"mqtt-{n}-{m}", ward, scripts.loudspeaker, gateway.say, share))
                for n, other in enumerate(OTHER_WARDS):
                    script = (scripts.ticket, scripts.petition, scripts.dossier)[n]
                    group.create_task(self._lane(f"straight-{n}", other, script, straight.say, share / 1.5))
                for id, say in declared.items():
                    group.create_task(self._lane(id, ward, partial(scripts.news, id), say, share / 3))
                group.create_task(self._offered(self.offer, ward, scripts.dossier, share))
                group.create_task(
                    self._offered(self.declared_offer, ward, partial(scripts.news, "storm_rest"), share / 3)
                )
                group.create_task(self._records(straight))
                ways = {"post": post.say, "mqtt": gateways[0].say, "straight": straight.say, **declared}
                group.create_task(self._repeats(ways))
            while self.offer.left or self.declared_offer.left:
                await asyncio.sleep(0.2)
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            server.should_exit = True
            await serving
            await post.close()
            for gateway in (*gateways, announcer):
                await gateway.close()
            await straight.close()

    async def _lane(
        self, lane: str, ward: str, script: Callable[[str, str], list[MessagePlan]], say: Say, rate: float
    ) -> None:
        """One source: says one thing after the other, each only when the one before is answered for."""
        while not self._ending:
            for saying in script(lane, ward):
                if ward != self._reach.ingest.ward and saying.nature != "event":
                    continue  # their own connectors would not have let it through
                await asyncio.sleep(self._random.expovariate(rate))
                await self._answered(saying, say)
                self._plan(saying)

    async def _answered(self, saying: MessagePlan, say: Say) -> None:
        """Say it until it is answered, as sources do."""
        expected = self._meaning.of(saying)
        # Where what was answered is forgotten with a kill, whichever of a conflict and a repeat comes second contradicts the other.
        if saying.nature in ("conflict", "repeat") and saying.post_id:
            expected = (*expected, ExpectedOutcome("", conflict_dead_letter(saying), 0))
        entry = self._journal.say(saying, expected)
        wait = 0.1
        while True:
            entry.tries += 1
            outcome, how = await say(saying)
            if outcome == "acked":
                self._journal.acked(entry, how)
                return
            if outcome == "refused":
                self._journal.refused(entry, how)
                return
            await asyncio.sleep(wait * self._random.uniform(0.5, 1.5))
            wait = min(2 * wait, 2.0)

    def _gateway(self, user: str, name: str) -> MqttSender:
        return MqttSender(self._reach.mqtt_port, user, self._reach.connectors.mqtt_account_password(user), name)

    async def _offered(
        self, offer: MessageOffer, ward: str, script: Callable[[str, str], list[MessagePlan]], rate: float
    ) -> None:
        recent: list[MessagePlan] = []
        while not self._ending:
            for saying in script("rest", ward):
                await asyncio.sleep(self._random.expovariate(rate))
                said = saying
                if recent and self._random.random() < REPEATED:
                    said = self._scripts.again(self._random.choice(recent), now_id=False)
                elif recent and self._random.random() < CONTRADICTED:
                    said = self._scripts.against(self._random.choice(recent)) or saying
                offer.add(said, self._journal.say(said, self._meaning.of(said)))
                if said.nature == "event":
                    recent = [*recent[-500:], said]

    async def _records(self, straight: KafkaSender) -> None:
        """Now and then a record that is not an event."""
        ward, without_key = self._reach.ingest.ward, 0
        streams = [(ward, one) for one in ("queue", "petition", "speaker", "dossier")]
        streams += zip(OTHER_WARDS, ("queue", "petition", "dossier"), strict=True)
        while not self._ending:
            await asyncio.sleep(self._random.expovariate(self._rate * SENSELESS))
            token = self._scripts.token().encode()
            named = b'{"type": "nonsense", "id": "%b", "hoTen": "%b"}' % (token, self._scripts.canary.encode())
            value = self._random.choice((b"\xff\xfe\x00" + token, named, b"{" + token, b"", None))
            key, stream = self._random.choice(streams)
            is_keyed = value is None or without_key >= WITHOUT_KEY or self._random.random() < 0.7
            without_key += not is_keyed
            place = await straight.record(topic_of(stream), key.encode() if is_keyed else None, value)
            if place is not None:
                self._journal.straight(*place)

    async def _repeats(self, ways: dict[str, Say]) -> None:
        """Say again what is due."""
        while not self._ending or self._again:
            if self._again and (self._ending or self._again[0].at <= time.monotonic()):
                saying = heapq.heappop(self._again).saying
                usual = "straight" if saying.ward != self._reach.ingest.ward else "post" if saying.post_id else "mqtt"
                await self._answered(saying, ways.get(saying.connector, ways[usual]))
            else:
                await asyncio.sleep(0.05)

    def _plan(self, saying: MessagePlan) -> None:
        """Perhaps say it again later, or contradict it."""
        if saying.nature != "event":
            return
        if self._random.random() < REPEATED:
            delay = min(240.0, self._random.expovariate(1 / 20))
            self._put_off(delay, self._scripts.again(saying, now_id=self._random.random() < 0.5))
        if self._random.random() < CONTRADICTED and (other := self._scripts.against(saying)) is not None:
            self._put_off(self._random.expovariate(1 / 10), other)

    def _put_off(self, delay: float, saying: MessagePlan) -> None:
        heapq.heappush(self._again, _Due(time.monotonic() + delay, len(self._journal.entries), saying))
