"""Camera desk: the pretend guard who acknowledges what the cameras are alarmed about - mostly at once, late now and then."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from connectors.simulator.message import SimulatedMessage, encoded, seconds
from connectors.simulator.systems import frigate
from connectors.simulator.systems.people import person
from connectors.simulator.ward import Pretend

SYSTEM = "camera_desk"
TOPIC = "camera_desk/acknowledged"

LATEST = timedelta(minutes=50)
"""Every alert is acknowledged by then."""
MEMORY = timedelta(days=2)
"""How far back it tells, after it was cut off, what was acknowledged meanwhile."""


def desk_messages(pretend: Pretend, after: datetime, until: datetime) -> list[SimulatedMessage]:
    """What was acknowledged in (after, until], in order."""
    minute = (after - LATEST).replace(second=0, microsecond=0)
    messages = []
    while minute <= until:
        messages += [one for one in _acknowledged(pretend, minute) if after < one.at <= until]
        minute += frigate.MINUTE
    return sorted(messages, key=lambda one: one.at)


def _acknowledged(pretend: Pretend, minute: datetime) -> Iterator[SimulatedMessage]:
    """The acknowledgement of an alert that began in a minute."""
    for review in frigate.reviews(pretend, minute):
        content = json.loads(review.body)
        if content["type"] != "end" or content["after"]["severity"] != "alert":
            continue
        id_ = content["after"]["id"]
        chance = pretend.chance("acknowledged", id_)
        guard = person(pretend.chance("guard", minute.hour // 8))
        wait = timedelta(minutes=chance.uniform(6, 45) if chance.random() < 0.2 else chance.triangular(0.3, 5, 1.2))
        at = review.at + wait
        body = {
            "id": f"{id_}-xac-nhan",
            "thoiGian": seconds(at),
            "maSuKien": id_,
            "camera": content["after"]["camera"],
            "ketQua": "dung" if chance.random() < 0.7 else "bao_dong_gia",
            "maNguoiTruc": f"BV-{guard.phone[-4:]}",
            "nguoiTruc": guard.name,
            "ghiChu": f"{guard.name} đã kiểm tra",
        }
        yield SimulatedMessage(at, SYSTEM, "", encoded(body), TOPIC)
