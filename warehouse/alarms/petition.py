"""Petition: what must be answered soon, and what should have been."""

from datetime import timedelta

from ingest.contract.label import Label
from warehouse.indicators import petition
from warehouse.model.alarm_rule import OFFICE, AlarmRule, MeasuredFigure

NEAR_DUE = AlarmRule(
    id="petition.near_due",
    sentence=Label("{value} sắp đến hạn trả lời", "{value} due for an answer soon"),
    measure=MeasuredFigure(petition.NEAR_DUE_OPEN),
    page="/petitions",
    in_opening_hours=True,
    team=OFFICE,
    escalate_after=timedelta(hours=4),
    checklist=(
        Label("Hỏi bộ phận được giao xử lý", "Ask the unit that handles it"),
        Label("Trả lời, hoặc chuyển đúng thẩm quyền", "Answer, or hand it to the body in charge"),
    ),
)

OVERDUE = AlarmRule(
    id="petition.overdue",
    sentence=Label("{value} quá hạn trả lời", "{value} overdue for an answer"),
    measure=MeasuredFigure(petition.OVERDUE_OPEN),
    page="/petitions",
    in_opening_hours=True,
    team=OFFICE,
    escalate_after=timedelta(minutes=60),
    checklist=(
        Label("Trả lời ngay, kèm lời xin lỗi", "Answer at once, with an apology"),
        Label("Báo lãnh đạo phường", "Tell the ward's leadership"),
    ),
)
