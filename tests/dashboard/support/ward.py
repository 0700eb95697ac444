"""A ward with known figures on a Tuesday morning, as values; and the board of it."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from dashboard.apps.page_list import pages
from dashboard.settings import BoardSettings
from dashboard.state.page import BoardState
from dashboard.words.freshness import freshness_signs
from ingest.contract.clock import WARD_ZONE, milliseconds
from ingest.contract.label import Language
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import topic_of
from tests.support.reported import baseline_values
from warehouse.catalogue import indicator
from warehouse.model.expression import DAY_MS, window_start
from warehouse.model.value import Value
from warehouse.readings import Readings

WARD = "hong-bang"
NOW = datetime(2026, 11, 24, 10, 15, 20, tzinfo=WARD_ZONE)
NOW_MS = milliseconds(NOW)
TODAY_MS = int(window_start(NOW_MS, DAY_MS))
QUARTER_MS = 900_000
SECRET = "a-secret-only-for-tests-0123456789"

SOURCES = {
    "queue_kiosk": 2,
    "dossier_portal": 14,
    "smart_loudspeaker": 45,
    "frigate": 1,
    "petition_portal": 8,
    "document_office": 9,
    "content_post": 20,
    "ward_register": 25,
    "civil_status": 2040,
}
"""Seconds since each source's last sign; the last one is down."""

_versions = count(1)


def flow(id: str, window_ms: int, numerator: int, denominator: int = 0, split=("", ""), newest_ms: int = NOW_MS - 2000):
    return _value(id, "flow", window_ms, numerator, denominator, split, newest_ms)


def stock(id: str, numerator: int, denominator: int = 0, split=("", ""), newest_ms: int = NOW_MS - 2000):
    return _value(id, "stock", int(window_start(NOW_MS, 60_000)), numerator, denominator, split, newest_ms)


def values() -> list[Value]:
    """Everything that the overview shows."""
    return [*baseline_values(WARD), *_queue(), *_dossiers(), *_devices(), *_office(), *_health()]


def readings(extra: Iterable[Value] = ()) -> Readings:
    found = Readings()
    found.apply([*values(), *(value._replace(version=next(_versions)) for value in extra)])
    return found


def board_state(
    language: Language = "vi", extra: Iterable[Value] = (), now_ms: int = NOW_MS, **changed: Any
) -> BoardState:
    found = readings(extra)
    return BoardState(
        found,
        freshness_signs(found, now_ms),
        now_ms,
        language,
        board_settings(Path("nowhere")),
        **{"pages": pages(), **changed},
    )


def board_settings(folder: Path, **changed) -> BoardSettings:
    return BoardSettings(_env_file=None, **{"data_folder": folder, "session_secret": SecretStr(SECRET), **changed})


def ingest_settings(folder: Path, **changed) -> IngestSettings:
    now = datetime.now(UTC)
    pretend = {"pretend": True, "clock_origin": NOW, "clock_real_origin": now}
    return IngestSettings(
        _env_file=None, **{"data_folder": folder, "kafka_own_secret": SecretStr(SECRET), **pretend, **changed}
    )


def _value(id, grain, window_ms, numerator, denominator, split, newest_ms) -> Value:
    version, topic = next(_versions), topic_of(indicator(id).of.events[0].stream)
    dimension, member = split
    return Value(
        WARD,
        id,
        grain,
        window_ms,
        dimension,
        member,
        numerator,
        denominator,
        newest_ms,
        NOW_MS,
        topic,
        0,
        version,
        version,
    )


def _queue() -> list[Value]:
    opens = TODAY_MS + 7 * 3_600_000
    today = [flow("Q01", opens + slot * QUARTER_MS, 10 + slot % 4) for slot in range(14)]
    last_week = [flow("Q01", opens - 7 * DAY_MS + slot * QUARTER_MS, 12) for slot in range(42)]
    waits = [flow("Q03", NOW_MS // 300_000 * 300_000 - slot * 300_000, 2 * 504_000, 2) for slot in range(12)]
    by_service = [stock("Q05", wait * 60_000, split=("service_code", code)) for code, wait in _WAITS.items()]
    level = flow("Q07", TODAY_MS, 178, 185)
    waits.append(flow("Q03", NOW_MS // 300_000 * 300_000, 504_000, 1, ("service_code", "dat_dai")))
    return [
        *today, *last_week, *waits, *by_service, level,
        stock("Q02", 23), stock("Q05", 19 * 60_000), stock("Q08", 11, 13),
    ]  # fmt: skip


_WAITS = {"dat_dai": 19, "ho_tich": 7, "chung_thuc": 4}
_FIELDS = {"dat_dai": (128, 7), "ho_tich": (96, 3), "chung_thuc": (74, 0), "bao_tro_xa_hoi": (41, 0),
           "ho_kinh_doanh": (37, 2), "xay_dung": (12, 0), "khac": (10, 0)}  # fmt: skip


def _dossiers() -> list[Value]:
    fields = [
        value
        for code, (open_, due) in _FIELDS.items()
        for value in (
            stock("D05", open_, split=("field_code", code)),
            stock("D07", due, split=("field_code", code)),
            stock("D08", 0, split=("field_code", code)),
        )
    ]
    hour = int(window_start(NOW_MS, 3_600_000))
    return [
        *fields, stock("D05", 398), stock("D07", 12), stock("D08", 0), flow("D01", hour, 64),
        flow("D02", TODAY_MS, 0), flow("D03", TODAY_MS, 0), flow("D09", TODAY_MS, 4288, 4288), stock("D09", 5, 5),
    ]  # fmt: skip


OFFLINE = (12, 13, 41)
UNKNOWN = (66, 67)
CAMERAS = {36: (4, 4), 5: (2, 3), 30: (0, 1)}
"""Residential groups with cameras: connected, all."""
PETITIONS = {7: (3, 0, 0), 8: (1, 1, 0), 52: (2, 1, 1)}
"""Residential groups with petitions: received, near due, overdue."""


def _devices() -> list[Value]:
    groups = [
        value
        for number in range(1, 71)
        if number not in UNKNOWN
        for value in (
            stock("S01", int(number not in OFFLINE), 1, ("area_code", f"TDP-{number:03}")),
            stock("S02", int(number in OFFLINE), split=("area_code", f"TDP-{number:03}")),
        )
    ]
    for number, (connected, there) in CAMERAS.items():
        area = ("area_code", f"TDP-{number:03}")
        groups += [stock("C01", connected, there, area), stock("C02", there - connected, split=area)]
    quarter = NOW_MS // QUARTER_MS * QUARTER_MS
    return [
        *groups, stock("S01", 67, 70), stock("S02", 3), stock("S03", 58), stock("C01", 41, 42),
        flow("C03", quarter, 1204), flow("C03", quarter, 6, split=("severity", "alert")),
    ]  # fmt: skip


_PLATFORMS = Counter(zalo=251, portal=170, fanpage=143, speaker=50)


def _office() -> list[Value]:
    platforms = [flow("V02", TODAY_MS, number, split=("platform", name)) for name, number in _PLATFORMS.items()]
    groups = []
    for number, (received, near, overdue) in PETITIONS.items():
        area = ("area_code", f"TDP-{number:03}")
        groups += [flow("P01", TODAY_MS, received, split=area)]
        groups += [stock("P03", near, split=area), stock("P04", overdue, split=area)]
    return [
        *groups, *platforms, flow("V02", TODAY_MS, _PLATFORMS.total() - 600), flow("V01", TODAY_MS, 0, 0), stock("V03", 70, 70),
        flow("P01", TODAY_MS, 2), flow("P02", TODAY_MS, 7, 7),
    ]  # fmt: skip


def _health() -> list[Value]:
    found = [stock("H07", 4000), stock("H01", max(SOURCES.values()) * 1000), stock("H04", 1), stock("H05", 34 * 60_000)]
    found.append(stock("H05", 34 * 60_000, split=("app", "ho_tich")))
    for source, seconds in SOURCES.items():
        found.append(stock("H01", seconds * 1000, split=("key", source)))
        found.append(stock("H04", int(seconds > 60), split=("key", source)))
    return found
