"""`python -m tests.dashboard.support.acting_board ALARM CLICK`: a board on which somebody comments on an alarm once, for tests that kill it."""

import asyncio
import sys
from functools import partial

from dashboard.alarm.settings import AlarmSettings
from dashboard.board.alarm_desk import AlarmDesk
from dashboard.board.live import Live
from dashboard.settings import BoardSettings
from dashboard.state.page import PageList
from dashboard.state.queries import WarehouseReader, load_values
from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings, read_settings
from ingest.runtime import failpoint
from warehouse.settings import WarehouseSettings


async def act(alarm: str, click: str) -> None:
    """Do it as soon as the board knows the alarm."""
    ingest, warehouse = read_settings(IngestSettings), read_settings(WarehouseSettings)
    live = Live(ingest, read_settings(BoardSettings), partial(load_values, warehouse, ingest.ward), PageList())
    desk = AlarmDesk(live, WarehouseReader(warehouse), read_settings(AlarmSettings))
    running = asyncio.create_task(desk.run())
    while not (desk.log.is_known and alarm in desk.alarms):
        await asyncio.sleep(0.1)
    failpoint.arm_failpoints(ingest.failpoints)
    while True:
        try:
            await desk.do(alarm, "commented", "lan", "đang đến nơi", click=click)
        except Unavailable:
            await asyncio.sleep(0.2)
        else:
            break
    running.cancel()


if __name__ == "__main__":
    asyncio.run(act(*sys.argv[1:]))
