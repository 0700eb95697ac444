"""Camera: whether the cameras see, what they noticed, and whether somebody looks at it."""

from datetime import timedelta
from typing import Any

from ingest.contract.label import Label
from warehouse.entities.camera import ALERT, CAMERA, DETECTION, ZONE
from warehouse.indicators import law
from warehouse.indicators.dismantled import is_in_use, is_silent, silent_since
from warehouse.model.aggregate import Count, Largest, Level, Mean, Ratio
from warehouse.model.expression import DAY_MS, MINUTE, starts_with
from warehouse.model.indicator import MINUTES, Indicator, Threshold, Unit

CAMERAS = Unit(Label("camera", "cameras", "camera"))
ALERTS = Unit(Label("cảnh báo", "alerts", "alert"))
PEOPLE = Unit(Label("người", "people", "person"))

HALL = "sanh_"
"""Beginning of the names of zones that are waiting halls (see the connector `frigate`)."""
SEATS = 40
"""Seats in the waiting hall: a guess, as the ward's report names six rows of chairs for those who wait and no number of seats."""
COUNT_HOLDS = 12 * 60 * MINUTE
"""Cameras count again when the number changes, so at night a count is hours old; a zone that is gone is never counted again."""


def is_registered_camera(c: Any, now: Any) -> Any:
    """The camera has been heard of, and was not taken down."""
    return is_in_use(c.registered_at, c.heard_at, c.decommissioned_at, now)


def is_hall(z: Any, now: Any) -> Any:
    """The zone is a waiting hall that is still counted."""
    return (z.registered_at <= now) & (now - z.counted_at <= COUNT_HOLDS) & starts_with(z.zone_id, HALL)


def waits_for_a_look(a: Any, now: Any) -> Any:
    """Nobody has acknowledged the alert, and it is no older than a day."""
    return (a.started_at <= now) & (a.acknowledged_at > now) & (now - a.started_at <= DAY_MS)


def faulty(c: Any) -> Any:
    """Some fault of the camera is open; no picture is one."""
    sight = (c.video_loss == "active") | (c.tamper == "active") | (c.blur == "active") | (c.dark == "active")
    disk = (c.disk_full == "active") | (c.disk_error == "active")
    return sight | disk | (c.network == "active") | (c.temperature == "active")


ONLINE = Indicator(
    id="C01",
    label=Label("Camera trực tuyến", "Cameras online"),
    definition=Label(
        "Camera có hình / camera đã đăng ký; chỉ camera có quyết định tháo mới không tính, camera không có tín hiệu vẫn tính (C08)",
        "Cameras with a picture / registered; only one that was decommissioned is left out, one without any sign still counts (C08)",
    ),
    law=law.CAMERAS,
    version=2,
    since=law.REVISED,
    unit=Unit(Label("%", "%"), 100.0, 1),
    of=CAMERA,
    value=Ratio(
        numerator=Level(lambda c, now: is_registered_camera(c, now) & (c.online == 1)),
        denominator=Level(is_registered_camera),
    ),
    by=("area_code",),
    threshold=Threshold(warning=95, critical=80, below=True),
)

FAULTY = Indicator(
    id="C02",
    label=Label("Camera có sự cố", "Cameras with a fault"),
    definition=Label(
        "Camera đang mất hình, bị che, mờ, tối, lỗi ổ ghi, lỗi mạng hoặc quá nhiệt; tách theo từng loại lỗi (active = đang lỗi)",
        "Cameras without a picture, covered, blurred, dark, or with a fault of disk, network or temperature; by kind (active: open)",
    ),
    law=law.CAMERAS,
    version=2,
    since=law.REVISED,
    unit=CAMERAS,
    of=CAMERA,
    value=Level(lambda c, now: is_registered_camera(c, now) & faulty(c)),
    by=(
        "area_code",
        "key",
        "video_loss",
        "tamper",
        "blur",
        "dark",
        "disk_full",
        "disk_error",
        "network",
        "temperature",
    ),
    threshold=Threshold(warning=0, critical=4),
)

SILENT = Indicator(
    id="C08",
    label=Label("Camera không có tín hiệu quá 30 ngày", "Cameras silent for over 30 days"),
    definition=Label(
        "Camera mà hệ thống camera không báo gì quá 30 ngày; vẫn tính trong C01, C02; nêu tên, kèm giờ có tín hiệu cuối (ms từ 1970), đến khi có "
        "tín hiệu hoặc có quyết định tháo",
        "Cameras of which the recorder has said nothing for over 30 days; they still count in C01 and C02; named, with the time of the last "
        "sign (ms since 1970), until there is a sign or they are decommissioned",
    ),
    version=2,
    since=law.REVISED,
    unit=CAMERAS,
    of=CAMERA,
    value=Level(lambda c, now: is_registered_camera(c, now) & is_silent(c.heard_at, now)),
    by=(silent_since(lambda c: c.heard_at),),
)

DETECTIONS = Indicator(
    id="C03",
    label=Label("Sự kiện camera 24 giờ", "Camera events, 24 h"),
    definition=Label(
        "Sự kiện khác nhau bắt đầu trong 24 giờ qua, theo loại", "Distinct events begun in the last 24 hours, by kind"
    ),
    law=law.CAMERAS,
    unit=Unit(Label("sự kiện", "events", "event")),
    of=DETECTION,
    value=Count(at=lambda d: d.started_at),
    by=("detection", "object_class", "severity"),
    window=timedelta(minutes=15),
    span=timedelta(hours=24),
)

UNACKNOWLEDGED = Indicator(
    id="C04",
    label=Label("Cảnh báo chưa xác nhận", "Unacknowledged alerts"),
    definition=Label(
        "Sự kiện camera mức cảnh báo trong 24 giờ qua mà chưa ai xác nhận, theo loại và theo camera; chờ bao lâu xem C09; quá 24 giờ thì chỉ còn "
        "trong lịch sử",
        "Camera events of severity alert of the last 24 hours that nobody has acknowledged yet, by kind and by camera; for how long see C09; "
        "after 24 hours they are history",
    ),
    law=law.CAMERAS,
    version=2,
    since=law.REVISED,
    unit=ALERTS,
    of=ALERT,
    value=Level(waits_for_a_look),
    by=("detection", "camera_id"),
    threshold=Threshold(warning=0, critical=None),
)

LONGEST_UNACKNOWLEDGED = Indicator(
    id="C09",
    label=Label("Cảnh báo chờ xác nhận lâu nhất", "Longest unacknowledged alert"),
    definition=Label(
        "Thời gian từ khi bắt đầu của cảnh báo camera chưa ai xác nhận đã lâu nhất, trong 24 giờ qua",
        "Time since the beginning of the camera alert that nobody has acknowledged for longest, of the last 24 hours",
    ),
    law=law.CAMERAS,
    since=law.REVISED,
    unit=MINUTES,
    of=ALERT,
    value=Largest(amount=lambda a, now: now - a.started_at, where=waits_for_a_look),
    by=("camera_id",),
    threshold=Threshold(warning=2, critical=5),
)

TIME_TO_ACKNOWLEDGE = Indicator(
    id="C05",
    label=Label("Thời gian xác nhận", "Time to acknowledge"),
    definition=Label(
        "Trung bình (xác nhận − bắt đầu) của các cảnh báo được xác nhận trong 24 giờ qua",
        "Mean of (acknowledged − begun) over the alerts acknowledged in the last 24 hours",
    ),
    law=law.CAMERAS,
    unit=MINUTES,
    counted=ALERTS.label,
    of=ALERT,
    value=Mean(
        lambda a: a.acknowledged_at - a.started_at,
        at=lambda a: a.acknowledged_at,
        where=lambda a: a.started_at <= a.acknowledged_at,
    ),
    by=("detection",),
    window=timedelta(hours=1),
    span=timedelta(hours=24),
    threshold=Threshold(warning=5, critical=15),
)

HALL_OCCUPANCY = Indicator(
    id="C06",
    label=Label("Số người tại sảnh chờ", "Hall occupancy"),
    definition=Label(
        "Số người camera đếm được lần cuối, trong 12 giờ qua, tại các vùng sảnh chờ (tên vùng bắt đầu bằng sanh_)",
        "People counted last, within 12 hours, by the cameras in the zones that are waiting halls (zone names that begin with sanh_)",
    ),
    law=law.CAMERAS,
    unit=PEOPLE,
    of=ZONE,
    value=Level(is_hall, amount=lambda z, now: z.people),
    by=("zone_id",),
    threshold=Threshold(warning=1.2 * SEATS, critical=2 * SEATS),
)

TRAFFIC = Indicator(
    id="C07",
    label=Label("Lưu lượng qua vạch đếm", "Traffic count"),
    definition=Label(
        "Lượt người và xe khác nhau qua vạch đếm, theo loại và theo hướng, trong 5 phút tròn gần nhất đã hết",
        "Distinct people and vehicles that crossed a counting line, by class and direction, in the last whole 5 minutes",
    ),
    law=law.CAMERAS,
    version=2,
    since=law.REVISED,
    unit=Unit(Label("lượt", "crossings", "crossing")),
    of=DETECTION,
    value=Count(
        at=lambda d: d.started_at,
        where=lambda d: d.detection == "line_cross",
    ),
    by=("object_class", "direction"),
    window=timedelta(minutes=5),
    span="window",
)
