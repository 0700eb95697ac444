"""A warehouse that knows a few devices and due dossiers, for pages that ask for them; for everything else it is away."""

from typing import Any

from ingest.contract.errors import Unavailable
from ingest.contract.topic import topic_of
from tests.dashboard.support.ward import NOW_MS

HOUR_MS = 3_600_000
SPEAKER: tuple[Any, ...] = ("tdp-012-l1", "TDP-012", "", True, False, True, NOW_MS - 7 * HOUR_MS, ["amplifier"])
CAMERA: tuple[Any, ...] = ("tdp012-duong-07", "TDP-012", "", True, True, False, NOW_MS - 120_000, [])
CHANGES = [(NOW_MS - 7 * HOUR_MS, "device.offline", "", ""), (NOW_MS - 8 * HOUR_MS, "device.fault", "amplifier", "")]
PLAYED = [
    (NOW_MS - 4 * HOUR_MS, (NOW_MS - 4 * HOUR_MS, "failed"), "thong_thuong"),
    (NOW_MS - 17 * HOUR_MS, (NOW_MS - 16 * HOUR_MS, "pre_empted"), "uu_tien"),
]
DUE = [
    ("9f" * 16, "ho_tich", "1.005129", NOW_MS - 26 * HOUR_MS, 9 * HOUR_MS, 1),
    ("3c" * 16, "dat_dai", "2.000720", NOW_MS + 5 * HOUR_MS, 5 * HOUR_MS, 0),
]


class DeviceClient:
    """Answers what is asked of devices, and which dossiers are due; the kind is told by the topic."""

    def query(self, sql, parameters=None):
        if "GROUP BY topic, kind" in sql:
            return [(topic_of("speaker"), 0, NOW_MS)] if parameters["id"] == SPEAKER[0] else []
        if "DISTINCT subject" in sql:
            return [(SPEAKER if "device.heartbeat" in sql else CAMERA)[:1]]
        if "fold_snapshots" in sql or "arrayJoin" in sql:
            return []  # nothing is remembered, and no event tells more than the state
        if "heard_ms" in sql:
            return [SPEAKER if "device.heartbeat" in sql else CAMERA]
        if "lagInFrame(said)" in sql:
            return CHANGES
        if "began_ms" in sql:
            return PLAYED
        if "is_overdue" in sql:
            return DUE
        raise Unavailable("ClickHouse", "not in this test")


class DeviceReader:
    """The warehouse as pages ask it."""

    async def ask(self, question):
        return question(DeviceClient())
