"""Places of analysts' queries: how many at once, and who gets the last."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.warehouse_server import settings_for
from warehouse.server.replicas import open_data, pool
from warehouse.server.replicas.pool import Replicas
from warehouse.server.replicas.query_slots import NoSlotError, QuerySlots


def test_the_last_place_is_for_a_person_who_has_none():
    places = QuerySlots(2, 4)
    taken = [places.take(person) for person in ("an", "an", "binh")]
    for person, of_person in (("an", True), ("binh", False)):
        with pytest.raises(NoSlotError) as error:
            places.take(person)
        assert error.value.of_person is of_person
    taken.append(places.take("chi"))
    with pytest.raises(NoSlotError):
        places.take("mai")
    taken[0].announce()
    returning = threading.Timer(1.0, taken[0].give_back)  # longer than anybody waits for a place that is not announced
    returning.start()
    places.take("mai")


class Started:
    """A replica that takes until it is let to start."""

    may_start = threading.Semaphore(0)
    is_bloated = False
    is_alive = True
    idle_since = float("inf")

    def __init__(self, _folder, _settings, data):
        self.data = data
        assert self.may_start.acquire(timeout=30)

    def answer(self, question, _reader, _writer):
        return question == "harmless"

    def end(self):
        self.is_alive = False

    kill = end


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "Replica", Started)
    monkeypatch.setattr(open_data, "read_open_data", lambda *_: "data")
    engine: Any = SimpleNamespace(connect=lambda: SimpleNamespace(close=lambda: None))
    kept = Replicas(settings_for(tmp_path), engine, frozenset(), lambda: 1, 4)
    yield kept
    kept.close()


class Held:
    """A place that tells whether it was given back."""

    def __init__(self):
        self.is_announced, self.is_given_back = threading.Event(), threading.Event()
        self.announce, self.give_back = self.is_announced.set, self.is_given_back.set


def test_a_query_that_ends_its_replica_gives_its_place_back_when_there_is_another_besides_the_next_person_s(kept):
    bomber, other = Held(), Held()
    Started.may_start.release(2)
    with kept.borrow(bomber) as answer:
        answer("bomb", None, None)
    # There is another now, or will be in a moment: it is for the next person.
    with kept.borrow(other) as answer:
        answer("harmless", None, None)
    assert other.is_given_back.is_set()
    assert bomber.is_announced.is_set()
    assert not bomber.is_given_back.is_set()
    Started.may_start.release()
    assert bomber.is_given_back.wait(30)
