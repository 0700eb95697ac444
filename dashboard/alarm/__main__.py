"""`python -m dashboard.alarm`: judges the alarms and tells people of them until told to stop.

It speaks the board's words, and is not part of its server: a board that restarts does not stop it, and it knows nothing of browsers.
Several may run for one ward; one of them at a time writes and tells.
"""

import asyncio
import logging
import signal
import sys
from contextlib import suppress
from functools import partial

from dashboard.alarm.alarm_process import AlarmProcess
from dashboard.alarm.settings import AlarmSettings
from dashboard.settings import BoardSettings
from ingest.contract.errors import ConfigurationError
from ingest.contract.settings import HealthSettings, IngestSettings, read_settings
from ingest.kafka.client import client_options
from ingest.runtime import failpoint
from ingest.runtime.health import listener_of
from ingest.runtime.process import prepare_process
from warehouse.settings import WarehouseSettings

log = logging.getLogger("dashboard.alarm")


def main() -> int:
    """Run until SIGTERM; the exit code is 0 only then."""
    prepare_process("alarm")
    try:
        ingest, board, warehouse, alarms = (
            read_settings(IngestSettings),
            read_settings(BoardSettings),
            read_settings(WarehouseSettings),
            read_settings(AlarmSettings),
        )
        failpoint.arm_failpoints(ingest.failpoints)
        client_options(ingest)  # what is missing to reach Kafka is told now, and not by the first try
        listener = listener_of(read_settings(HealthSettings), alarms.health_port)
    except ConfigurationError as error:
        log.error("%s", error)
        return 1
    process = AlarmProcess(ingest, board, warehouse, alarms)
    process.serve_health(listener)
    asyncio.run(_until_stopped(process))
    return 0


async def _until_stopped(process: AlarmProcess) -> None:
    running = asyncio.ensure_future(process.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, partial(running.cancel))
    with suppress(asyncio.CancelledError):
        await running


if __name__ == "__main__":
    sys.exit(main())
