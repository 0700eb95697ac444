"""Trend: how a figure stands against the same time last week, in sign, word and number."""

from datetime import timedelta
from fractions import Fraction
from typing import Literal

from dashboard.charts.slot_chart import WEEK_MS, last_week
from dashboard.state.page import BoardState
from dashboard.words import number, text
from ingest.contract.label import Label
from warehouse.catalogue import measure
from warehouse.model.expression import DAY, window_start
from warehouse.model.indicator import Indicator

Way = Literal["up", "down", "level"]

SIGNS: dict[Way, str] = {"up": "↗", "down": "↘", "level": "→"}
WORDS: dict[Way, Label] = {
    "up": Label("tăng {by} so với {day} (đến {time})", "up {by} on {day} (until {time})"),
    "down": Label("giảm {by} so với {day} (đến {time})", "down {by} on {day} (until {time})"),
    "level": Label("như {day} (đến {time})", "as on {day} (until {time})"),
}
PERIOD: dict[Way, Label] = {
    "up": Label("tăng {by} trong 7 ngày", "up {by} in 7 days"),
    "down": Label("giảm {by} trong 7 ngày", "down {by} in 7 days"),
    "level": Label("không đổi trong 7 ngày", "unchanged in 7 days"),
}

_MILLISECOND = timedelta(milliseconds=1)


def trend(state: BoardState, id: str) -> str:
    """How an indicator's figure went within a week; empty where that cannot be said fairly.

    Of flows only: of today's until the last window that is over, on both days alike; of the period's as a whole.
    """
    one = measure(id)
    if not isinstance(one, Indicator) or one.has_stock or (one.span != "period" and one.window >= DAY):
        return ""
    at_ms = state.now_ms
    if one.span != "period":
        at_ms = int(window_start(at_ms, one.window // _MILLISECOND)) - 1
    now, before = (state.readings.read(id, moment) for moment in (at_ms, at_ms - WEEK_MS))
    if now.figure is None or before.figure is None:
        return ""
    difference = Fraction(now.figure).limit_denominator(10**6) - Fraction(before.figure).limit_denominator(10**6)
    by = number.decimal(abs(difference), one.unit.decimals, state.language)
    way: Way = "level" if not by.strip("0,.") else "up" if difference > 0 else "down"
    unit = (
        "" if one.unit.out_of else f"{number.gap(one, state.language)}{one.unit.label.text(state.language, count=by)}"
    )
    words = PERIOD if one.span == "period" else WORDS
    said = state.say(words[way], by=f"{by}{unit}", day=last_week(state), time=text.clock_time(at_ms + 1, state.now_ms))
    return f"{SIGNS[way]} {said}"
