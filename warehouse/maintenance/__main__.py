"""`python -m warehouse.maintenance [JOB]`: the keeper, or one of its jobs (`backup`, `audit`, `retention`, `tally`) now.

The keeper looks at the disks every few seconds, and does the jobs when they are due, one after the other, each in a
process of its own with the lowest priority. It waits for whatever is away, and tells in a small file what became of all.
"""

import argparse
import errno
import logging
import os
import signal
import sys
import threading

from ingest.contract.errors import ConfigurationError, IocError, Unavailable
from ingest.contract.label import Label
from ingest.contract.settings import HealthSettings, IngestSettings, read_settings
from ingest.kafka import checks
from ingest.runtime import metrics
from ingest.runtime.health import Health, listener_of, serve_health
from ingest.runtime.liveness import Liveness, Pulse
from ingest.runtime.process import prepare_process
from ingest.runtime.readiness import Readiness
from warehouse.maintenance.keeper import MaintenanceService
from warehouse.maintenance.settings import KeeperSettings
from warehouse.maintenance.status import JobOutcome
from warehouse.settings import WarehouseSettings

log = logging.getLogger("keeper")

LOWEST_PRIORITY = 19


def main() -> int:
    """Run until told to stop, or until the job is done; the exit code is 0 only if all went well."""
    prepare_process("keeper")
    parser = argparse.ArgumentParser(prog="python -m warehouse.maintenance", description=__doc__)
    parser.add_argument("job", nargs="?", choices=("backup", "audit", "retention", "tally"))
    job = parser.parse_args().job
    try:
        return _once(job) if job else _for_ever()
    except ConfigurationError as error:
        log.error("%s", error)
        return 1


def _once(job: str) -> int:
    # Only here: what jobs need is of no use to the process that stays.
    from warehouse.maintenance.jobs import JOBS

    os.nice(LOWEST_PRIORITY)
    try:
        outcome = JOBS[job]()
    except (IocError, OSError) as error:
        outcome = JobOutcome(said=Label(_in_vietnamese(error), str(error)), failed=True)
    (log.error if outcome.failed else log.info)("%s: %s", job, outcome.said.en)
    print(outcome.model_dump_json(), flush=True)
    return int(outcome.failed)


def _in_vietnamese(error: Exception) -> str:
    """Why a job failed, as the board says it; what the system's parts say themselves stands behind it as they said it."""
    from warehouse.maintenance.backups.tables import BackupError

    match error:
        case BackupError():
            return error.vi
        case Unavailable():
            return f"có phần chưa trả lời, hệ thống sẽ tự thử lại ({error})"
        case OSError(errno=errno.ENOSPC):
            return f"ổ đĩa hết chỗ: dọn bớt, hệ thống sẽ tự thử lại ({error})"
    return f"gặp lỗi: {error}"


def _for_ever() -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stop.set())
    settings, ingest = read_settings(KeeperSettings), read_settings(IngestSettings)
    pulse, ready = Pulse(), Readiness({"disk": checks.check_disk_space(ingest)})
    told = Health("keeper", Liveness(pulse, (), ready), ready, metrics.registry())
    serve_health(told, listener_of(read_settings(HealthSettings), settings.health_port))
    MaintenanceService(settings, ingest, read_settings(WarehouseSettings).embedded, pulse).run(stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
