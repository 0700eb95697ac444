"""Speaker: whether the loudspeakers are connected and play."""

from typing import Any

from ingest.label import Label
from warehouse.aggregate import Level, Ratio
from warehouse.entities.speaker import SPEAKER
from warehouse.expression import MINUTE
from warehouse.indicator import Indicator, Threshold, Unit

CLUSTERS = Unit(Label("cụm", "clusters"))

SILENCE = 3 * MINUTE
"""Three missed heartbeats."""


def registered(s: Any, now: Any) -> Any:
    """The loudspeaker has been heard of."""
    return s.registered_at <= now


def online(s: Any, now: Any) -> Any:
    """Connected, and heard within three heartbeats."""
    return registered(s, now) & (s.connected == 1) & (now - s.seen_at <= SILENCE)


ONLINE = Indicator(
    id="S01",
    label=Label("Cụm loa trực tuyến", "Speakers online"),
    definition=Label("Cụm loa đang kết nối / cụm loa đã đăng ký", "Loudspeakers connected / registered"),
    unit=Unit(Label("%", "%"), 100.0, 1),
    of=SPEAKER,
    value=Ratio(numerator=Level(online), denominator=Level(registered)),
    by=("area_code",),
    threshold=Threshold(warning=95, critical=80, below=True),
)

OFFLINE = Indicator(
    id="S02",
    label=Label("Loa mất kết nối", "Speakers offline"),
    definition=Label(
        "Cụm loa đã đăng ký mà mất kết nối hoặc im quá 3 nhịp",
        "Registered loudspeakers disconnected or silent for 3 beats",
    ),
    unit=CLUSTERS,
    of=SPEAKER,
    value=Level(lambda s, now: registered(s, now) & ((s.connected == 0) | (now - s.seen_at > SILENCE))),
    by=("area_code",),
    threshold=Threshold(warning=0, critical=3),
)

PLAYING = Indicator(
    id="S03",
    label=Label("Đang phát", "Playing now"),
    definition=Label("Cụm loa đang kết nối và đang phát", "Loudspeakers connected and playing"),
    unit=CLUSTERS,
    of=SPEAKER,
    value=Level(lambda s, now: online(s, now) & (s.status == "playing")),
)
