from datetime import datetime

import pytest

from dashboard.charts import arrivals
from dashboard.charts.heatmap import heat_updates
from dashboard.pages.dossiers import RECEIVED_TODAY
from dashboard.pages.petitions import BY_DAY
from dashboard.pages.today import PAGE
from dashboard.state.page import PropertyUpdate
from ingest.contract.clock import WARD_ZONE, milliseconds
from tests.dashboard.support.ward import board_state, flow, stock


def said(state, name):
    return [
        value
        for place, value in PAGE.updates(state).items()
        if place.id.startswith(f"{name}-") and "said" in place.id and value
    ]


def at(text):
    return milliseconds(datetime.fromisoformat(text).replace(tzinfo=WARD_ZONE))


EXTRA = [
    flow("Q01", at("2026-11-19 08:00"), 30), flow("Q01", at("2026-11-19 08:15"), 16), flow("Q01", at("2026-11-19 09:00"), 40),
    flow("Q01", at("2026-11-25 08:00"), 1200), flow("Q03", at("2026-11-25 08:00"), 2 * 504_000, 2), flow("D01", at("2026-11-25 08:00"), 7),
    stock("S04", 0, 2), stock("S04", 0, 2, split=("start_at", str(at("2026-11-26 06:30")))), stock("P03", 3), stock("P04", 0),
]  # fmt: skip


def test_before_the_office_opens_the_day_to_come_and_the_one_before_are_told():
    one = board_state("vi", EXTRA, now_ms=at("2026-11-26 05:00"))
    assert said(one, "ahead") == [
        "Mở cửa 07:00 thứ Năm 26/11",
        "Dự kiến 86 lượt, như thứ Năm 19/11",
        "Đông nhất 8h: 46 lượt",
        "Hồ sơ sắp đến hạn 12, quá hạn 0",
        "Kiến nghị sắp đến hạn 3, quá hạn 0",
    ]
    assert said(one, "results") == [
        "Thứ Tư 25/11",
        "1.200 lượt đến",
        "Chờ trung bình 8,4\u00a0phút",
        "7 hồ sơ tiếp nhận",
        "0 kiến nghị tiếp nhận",
    ]


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-11-24 09:00", ["Hôm nay nghỉ: Ngày Văn hóa Việt Nam", "Mở cửa 07:00 thứ Tư 25/11"]),
        ("2026-11-27 18:00", ["Mở cửa 07:00 thứ Hai 30/11"]),
        ("2026-11-27 09:00", ["Đang mở cửa đến 17:00"]),
    ],
)
def test_holidays_are_named_and_weekends_are_skipped(now, first):
    assert said(board_state("vi", now_ms=at(now)), "ahead")[: len(first)] == first


@pytest.mark.parametrize(("now", "day"), [("09:00", "Thứ Sáu 27/11, đến lúc này"), ("18:00", "Thứ Sáu 27/11")])
def test_the_results_of_a_day_that_is_not_over_say_so(now, day):
    assert said(board_state("vi", now_ms=at(f"2026-11-27 {now}")), "results")[0] == day


def test_a_holiday_is_named_where_today_would_be_drawn():
    """And its date above a chart of days."""
    now_ms = at("2026-09-02 10:00")
    beats = [stock("H01", 1000, split=("key", source)) for source in ("queue_kiosk", "dossier_portal")]
    one = board_state("vi", [beat._replace(as_of_ms=now_ms) for beat in beats], now_ms=now_ms)
    assert "Quốc khánh" in arrivals.updates(one).values()
    assert "Quốc khánh" in RECEIVED_TODAY.updates(one).values()
    assert "02/09 Quốc khánh" in BY_DAY.updates(one).values()


def test_a_holiday_is_named_in_the_heat_map():
    updates = heat_updates(board_state("vi", now_ms=at("2026-09-04 10:00")), "heat", "Q01")
    named = [value for place, value in updates.items() if isinstance(value, str) and "Quốc khánh" in value]
    assert named == ["Quốc khánh"] * 2
    assert updates[PropertyUpdate("heat-4-7", "className")] == "heat-cell is-named"
