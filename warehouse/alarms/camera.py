"""Camera: cameras that see nothing, and what they saw that nobody has looked at."""

from datetime import timedelta

from ingest.contract.label import Label
from warehouse.indicators import camera
from warehouse.model.alarm_rule import POLICE, RESPONSE_TEAM, AlarmRule, MeasuredFigure

FAULT = AlarmRule(
    id="camera.fault",
    sentence=Label(
        "{value} mất hình, bị che hoặc lỗi: {names}", "{value} without a picture, covered or faulty: {names}"
    ),
    measure=MeasuredFigure(camera.FAULTY, names="key"),
    page="/cameras",
    hold=timedelta(minutes=1),
    clear_hold=timedelta(minutes=3),
    team=RESPONSE_TEAM,
    escalate_after=timedelta(minutes=30),
    checklist=(
        Label("Xem hình camera bên cạnh có bị gì không", "See what the next camera shows"),
        Label("Kiểm tra nguồn điện, dây mạng tại chỗ", "Check power and cable on site"),
        Label("Bị che hoặc phá: báo công an phường", "Covered or damaged: tell the police"),
    ),
)

UNSEEN = AlarmRule(
    id="camera.unseen",
    sentence=Label("{value} camera chưa ai xem", "{value} of cameras that nobody has looked at"),
    measure=MeasuredFigure(camera.UNACKNOWLEDGED),
    page="/cameras",
    team=POLICE,
    escalate_after=timedelta(minutes=5),
    checklist=(
        Label("Mở hình, xác nhận thật hay báo nhầm", "Look, and say whether it is true or false"),
        Label("Thật: báo lực lượng tại chỗ", "True: send somebody"),
    ),
)
