"""Camera: whether the cameras see, and what they noticed."""

from datetime import timedelta
from typing import Any

from ingest.label import Label
from warehouse.aggregate import Count, Level, Ratio
from warehouse.entities.camera import CAMERA, DETECTION
from warehouse.indicator import Indicator, Threshold, Unit


def registered(c: Any, now: Any) -> Any:
    """The camera has been heard of."""
    return c.registered_at <= now


ONLINE = Indicator(
    id="C01",
    label=Label("Camera trực tuyến", "Cameras online"),
    definition=Label("Camera có hình / camera đã đăng ký", "Cameras with a picture / registered"),
    unit=Unit(Label("%", "%"), 100.0, 1),
    of=CAMERA,
    value=Ratio(numerator=Level(lambda c, now: registered(c, now) & (c.online == 1)), denominator=Level(registered)),
    threshold=Threshold(warning=95, critical=80, below=True),
)

DETECTIONS = Indicator(
    id="C03",
    label=Label("Sự kiện camera 24 giờ", "Camera events, 24 h"),
    definition=Label(
        "Sự kiện khác nhau bắt đầu trong 24 giờ qua, theo loại", "Distinct events begun in the last 24 hours, by kind"
    ),
    unit=Unit(Label("sự kiện", "events")),
    of=DETECTION,
    value=Count(at=lambda d: d.started_at),
    by=("detection", "object_class", "severity"),
    window=timedelta(minutes=15),
    span=timedelta(hours=24),
)
