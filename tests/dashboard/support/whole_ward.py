"""A ward in which every declared indicator has a figure, in total, by member and through eight days: for looking at whole pages."""

import dataclasses
from datetime import timedelta
from functools import cache
from typing import Any

from dashboard.state.page import BoardState
from ingest.contract.label import Language
from tests.dashboard.support import ward
from warehouse.catalogue import indicators
from warehouse.indicators.dismantled import SILENT_SINCE
from warehouse.indicators.equipment import DOWN_SINCE
from warehouse.model.aggregate import RANKED
from warehouse.model.expression import DAY_MS, window_start
from warehouse.model.indicator import Indicator
from warehouse.model.value import Value
from warehouse.readings import Readings

MEMBERS = {
    "service_code": ("chung_thuc", "ho_tich", "dat_dai", "bao_tro_xa_hoi", "ho_kinh_doanh", "khac"),
    "field_code": ("dat_dai", "ho_tich", "dang_ky_kinh_doanh", "bao_tro_xa_hoi"),
    "channel": ("dvcqg", "city", "1022", "direct"),
    "detection": ("line_cross", "intrusion", "loitering", "abandoned_object", "crowd", "congestion"),
    "object_class": ("person", "car", "motorcycle", "truck"),
    "severity": ("detection", "alert"),
    "platform": ("zalo", "portal", "fanpage", "speaker"),
    "bulletin_type": ("thong_thuong", "uu_tien", "khan_cap"),
    "start_at": tuple(str(ward.TODAY_MS + hour * 3_600_000) for hour in (6, 9, 17)),
    RANKED: tuple(str(minutes * 60_000) for minutes in (4, 8, 15, 23)),
    SILENT_SINCE: (f"thiet-bi-1 {ward.TODAY_MS - 41 * DAY_MS}",),
    DOWN_SINCE: (f"may-in-3 {ward.TODAY_MS}",),
    "area_code": tuple(f"TDP-{number:03}" for number in range(1, 71)),
}
"""What each dimension is split into; others have one member."""

_BUSY = (0, 0, 0, 0, 0, 0, 1, 4, 11, 14, 12, 8, 5, 9, 13, 11, 7, 3, 2, 2, 1, 1, 0, 0)
"""How much happens in each hour of the day."""


@cache
def readings() -> Readings:
    """The ward's."""
    found = Readings()
    found.apply(values())
    return found


def board_state(language: Language = "vi", **changed: Any) -> BoardState:
    """The ward at this moment."""
    return dataclasses.replace(_state(language), readings=readings(), **changed)


@cache
def _state(language: Language) -> BoardState:
    return ward.board_state(language)


def values() -> list[Value]:
    """Everything that the pages show."""
    found = ward.values()
    known = {(value.indicator, value.dimension) for value in found}
    for one in indicators():
        for dimension in ("", *(found.name for found in one.dimensions)):
            if (one.id, dimension) not in known:
                found += _values(one, dimension)
        if (one.id, "") in known and one.has_flow and one.window < timedelta(days=1):
            found += _flows(one, ("", ""), 9, until_ms=ward.TODAY_MS)
    return found


def _values(one: Indicator, dimension: str) -> list[Value]:
    found = []
    for place, member in enumerate(MEMBERS.get(dimension, ("khac",)) if dimension else ("",)):
        size = 9 if not dimension else 8 // (place + 1)
        if one.has_flow:
            found += _flows(one, (dimension, member), size)
        if one.has_stock:
            found.append(ward.stock(one.id, *_sides(one, size), split=(dimension, member)))
    return found


def _flows(one: Indicator, split: tuple[str, str], size: int, until_ms: int = ward.NOW_MS) -> list[Value]:
    step_ms = one.window // timedelta(milliseconds=1)
    first_ms = int(window_start(ward.NOW_MS - 8 * DAY_MS, step_ms))
    found = []
    for window_ms in range(first_ms, until_ms, step_ms):
        busy = _BUSY[(window_ms - ward.TODAY_MS) // 3_600_000 % 24] if step_ms < DAY_MS else 10
        if much := size * busy // 10:
            found.append(ward.flow(one.id, window_ms, *_sides(one, much), split=split))
    return found


def _sides(one: Indicator, size: int) -> tuple[int, int]:
    """Numerator and denominator of about that size."""
    size = size * 60_000 if one.unit.label.en in ("min", "s", "h") else size
    return (size * 19, size * 20) if one.is_ratio and one.unit.label.en == "%" else (size, size if one.is_ratio else 0)
