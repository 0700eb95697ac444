"""What a worker asks knows what it has written, whichever replica each of its connections stands at."""

import pytest
from pydantic import SecretStr

from streams.warehouse_connections import SettledWarehouse, Stopping, WorkerWarehouse
from streams.watchdog.freeze import FreezeWatchdog
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, in order."""
    done: list[str] = []
    monkeypatch.setattr(Client, "follow", lambda *_: done.append("follow"))
    return done


@pytest.fixture
def store() -> WorkerWarehouse:
    settings = WarehouseSettings(_env_file=None, password=SecretStr("a long enough password"))
    return WorkerWarehouse(Client(settings), Client(settings), Stopping(), FreezeWatchdog())


async def test_every_question_first_follows_what_was_written(store: WorkerWarehouse, told: list[str]) -> None:
    await store.ask(lambda _: told.append("asked"))
    await store.ask_at_leisure(lambda _: told.append("asked"))
    async with store.own_connection():
        told.append("asked")
    assert told == ["follow", "asked"] * 3
    told.clear()
    await store.write(lambda _: told.append("written"))
    await store.try_to_write(lambda _: told.append("written"))
    assert told == ["written"] * 2


async def test_the_past_is_asked_for_when_all_that_waits_is_written(store: WorkerWarehouse, told: list[str]) -> None:
    async def settle() -> None:
        told.append("written")

    await SettledWarehouse(store, settle).ask(lambda _: told.append("asked"))
    assert told == ["written", "follow", "asked"]
