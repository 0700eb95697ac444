import asyncio
import threading

import pytest

from dashboard.thread_pool import ThreadPool
from ingest.contract.errors import Overloaded


async def test_what_does_not_fit_is_refused_at_once_and_places_come_back():
    pool, go_on = ThreadPool("test", threads=1, waiting=3, of_one_client=2), threading.Event()
    running = [asyncio.create_task(pool.run(client, go_on.wait, 30)) for client in ("a", "a", "b", "c")]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await pool.run("d", go_on.wait)
    running.pop().cancel()  # it waits, so its place is free again
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await pool.run("a", go_on.wait)
    running.append(asyncio.create_task(pool.run("d", go_on.wait, 30)))
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.gather(*running) == [True] * 4
    assert await pool.run("a", lambda: 7) == 7
    assert not len(pool.limit)


async def test_an_error_is_the_callers_and_frees_the_place():
    pool = ThreadPool("test", threads=1, waiting=0, of_one_client=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await pool.run("a", lambda: 1 / 0)
