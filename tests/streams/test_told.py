"""What boards hear of workers that die between two steps: in the end they show what is stored, and that is what is so."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from ingest.contract.clock import milliseconds
from ingest.contract.envelope import Envelope
from ingest.contract.topic import topic_of
from streams.fold.flows import KEEP_MS
from streams.fold.plan import GAUGE_MS
from tests.streams.fold.test_rebuild import Life
from tests.streams.fold.test_stocks import visit
from tests.support.made import START
from warehouse.model.correction import Correction
from warehouse.model.reading import key_of
from warehouse.model.value import Value
from warehouse.model.value_push import pushes
from warehouse.readings import Readings
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, connect
from warehouse.store.snapshots import values_after
from warehouse.store.values import current_values

pytestmark = pytest.mark.embedded

LAND = ("Q02", ("service_code", "dat_dai"))


@pytest.fixture(scope="module")
def server(warehouse: WarehouseSettings) -> Iterator[Client]:
    with connect(warehouse) as opened:
        yield opened


@pytest.fixture
def client(server: Client) -> Client:
    """The same, empty."""
    for table in ("raw_events", "raw_values", "raw_corrections"):
        server.execute(f"TRUNCATE TABLE {table}")
    return server


class ToldLife(Life):
    """A worker that tells a board what it has stored, if it still lives then."""

    def __init__(self, client: Client, ward: str) -> None:
        super().__init__(client, topic_of("queue"))
        self.ward = ward
        self.board = Readings()
        self.is_mute = False
        self._untold: list[Value] = []

    def close(self, minutes: float, looks: bool = True) -> None:
        """Let the clock go on to so many minutes after the start."""
        now = milliseconds(START) + int(minutes * GAUGE_MS)
        self.fold.close(now)
        if looks:
            self.fold.look(now, only_stirred=False)

    def shown(self) -> int:
        """How many wait for `dat_dai` by the board, which has to be what is stored."""
        stored = {key_of(value): value for value in current_values(self.client, self.ward, milliseconds(START))}
        shown = {key_of(value): value for value in self.board.values()}
        assert {key: value[6:8] for key, value in shown.items()} == {key: value[6:8] for key, value in stored.items()}
        return shown[*LAND, None].numerator

    def die(self) -> None:
        """Begin again from the snapshot."""
        self.revive()
        known = values_after(self.client, self.fold.topic, 0, self.snapshot[0], KEEP_MS)
        self._untold = [value for value in known if value.grain == "stock"]

    def write(self, values: list[Value], corrections: list[Correction]) -> None:
        super().write(values, corrections)
        if not self.is_mute:
            told, self._untold = [*self._untold, *values], []
            for push in pushes(told, {}):
                self.board.apply(push.values)


def land(minutes: float, ward: str, number: int, called: float | None = None) -> list[Envelope]:
    """A visit for `dat_dai`."""
    at = START + timedelta(minutes=minutes)
    return visit(number, at, START + timedelta(minutes=called) if called else None, service="dat_dai", ward=ward)


def test_a_minute_that_two_workers_close_with_different_knowledge(client: Client) -> None:
    """Both rows have the same version; the later one stands, on the board as in the warehouse."""
    ward = "hong-bang"
    life = ToldLife(client, ward)
    issued, called = land(0.5, ward, 1, called=0.8)
    life.take([issued])
    life.close(1.1)
    life.take([])
    assert life.shown() == 1
    life.is_mute = True
    life.close(1.2, looks=False)
    life.die()
    life.is_mute = False
    life.take([called])
    life.close(3.2)
    life.take([])
    assert life.shown() == 0


def test_what_was_recomputed_before_the_worker_died_is_told_by_the_next_one(client: Client) -> None:
    """A member's newest row may lie in a minute that is over long ago; what does not differ is not written again."""
    ward = "le-chan"
    life = ToldLife(client, ward)
    issued, called = land(5.5, ward, 1, called=6.2)
    life.take([issued])
    for minute in range(6, 60):
        life.close(minute + 0.1)
    life.take([])
    life.remember()
    assert life.shown() == 1
    life.is_mute = True
    life.take([called])
    life.die()
    life.is_mute = False
    life.take([])
    assert life.shown() == 0


def test_a_minute_that_an_earlier_worker_has_revised_is_closed_as_things_were(client: Client) -> None:
    """The revision of the earlier one must not stand against what the next one knows."""
    ward = "ngo-quyen"
    life = ToldLife(client, ward)
    issued, called = land(0.5, ward, 1, called=0.8)
    life.take(visit(2, START + timedelta(minutes=0.2), ward=ward))
    life.close(0.3)
    life.take([])
    life.remember()
    life.close(1.1)
    life.take([])
    life.take([issued])
    assert life.shown() == 1
    life.is_mute = True
    life.die()
    life.is_mute = False
    life.take([called])
    life.close(3.2)
    life.take([])
    assert life.shown() == 0
