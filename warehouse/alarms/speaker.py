"""Speaker: loudspeakers that do not answer, one by one or many at once."""

from datetime import timedelta

from ingest.contract.label import Label
from warehouse.indicators import speaker
from warehouse.model.alarm_rule import CULTURE, RESPONSE_TEAM, AlarmRule, MeasuredFigure, Rise
from warehouse.model.indicator import Threshold

OFFLINE = AlarmRule(
    id="speaker.offline",
    sentence=Label("{value} loa mất kết nối: {names}", "{value} of loudspeakers offline: {names}"),
    measure=MeasuredFigure(speaker.OFFLINE, names="area_code"),
    page="/speakers",
    hold=timedelta(minutes=2),
    clear_hold=timedelta(minutes=3),
    team=CULTURE,
    escalate_after=timedelta(minutes=30),
    checklist=(
        Label("Gọi tổ dân phố: cụm loa có điện không", "Call the residential group: has it power"),
        Label("Kiểm tra SIM 4G hoặc đường mạng", "Check the SIM card or the line"),
        Label("Không xong trong ngày: báo nhà cung cấp", "Not solved today: tell the supplier"),
    ),
)

MANY_LOST = AlarmRule(
    id="speaker.many_lost",
    sentence=Label("Thêm {value} loa mất kết nối trong 5 phút", "{value} of loudspeakers lost within 5 minutes"),
    measure=Rise(speaker.OFFLINE, within=timedelta(minutes=5)),
    page="/speakers",
    limits=Threshold(warning=None, critical=9),
    clear=0,
    team=RESPONSE_TEAM,
    checklist=(
        Label(
            "Nhiều cụm cùng lúc: kiểm tra máy chủ truyền thanh và đường truyền", "Many at once: check server and line"
        ),
        Label("Báo nhà mạng", "Tell the network operator"),
    ),
)
