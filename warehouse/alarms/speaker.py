"""Speaker: loudspeakers that do not answer, one by one or many at once."""

from datetime import timedelta

from ingest.contract.label import Label
from warehouse.indicators import speaker
from warehouse.model.alarm_rule import CULTURE, RESPONSE_TEAM, AlarmRule, MeasuredFigure, Rise
from warehouse.model.indicator import Threshold

OFFLINE = AlarmRule(
    id="speaker.offline",
    # By share, as one of seventy is nobody's emergency.
    sentence=Label(
        "Cụm loa mất kết nối, còn {value} trực tuyến: {names}", "Loudspeakers offline, {value} still online: {names}"
    ),
    measure=MeasuredFigure(speaker.ONLINE, names="area_code", named_by=speaker.OFFLINE),
    page="/speakers",
    hold=timedelta(minutes=10),
    clear_hold=timedelta(minutes=10),
    in_opening_hours=True,
    team=CULTURE,
    escalate_after=timedelta(minutes=30),
    checklist=(
        Label("Gọi tổ dân phố: cụm loa có điện không", "Call the residential group: is there power?"),
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

EMERGENCY = AlarmRule(
    id="speaker.emergency",
    sentence=Label(
        "Bản tin khẩn cấp phát muộn hoặc không phát được ở {value}: {names}",
        "An emergency bulletin was late or unheard on {value}: {names}",
    ),
    measure=MeasuredFigure(speaker.EMERGENCY_MISSED, names="area_code"),
    page="/speakers",
    team=CULTURE,
    checklist=(
        Label("Xem cụm nào phát muộn, cụm nào không phát", "See which loudspeakers were late and which did not play"),
        Label(
            "Phát lại, cử người báo tại tổ dân phố không nghe được",
            "Broadcast again, send somebody where it was not heard",
        ),
    ),
)
SILENT = AlarmRule(
    id="speaker.silent",
    sentence=Label("{value} không có tín hiệu quá 30 ngày: {names}", "{value} silent for over 30 days: {names}"),
    measure=MeasuredFigure(speaker.SILENT, names="silent_since"),
    page="/speakers",
    limits=Threshold(warning=0, critical=None),
    in_opening_hours=True,
    team=CULTURE,
    escalate_after=timedelta(hours=8),
    checklist=(
        Label("Còn dùng: kiểm tra tại chỗ", "In use: look on site"),
        Label("Đã thôi dùng: ghi vào danh mục của phường", "Not in use: enter it in the ward's register as removed"),
    ),
)
