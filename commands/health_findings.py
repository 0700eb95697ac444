"""What a part that runs says of itself, as findings of `./ioc doctor`."""

import time

from commands import obstacles, probe
from commands.finding import Finding
from commands.parts import Part
from commands.ports import holder, is_taken
from ingest.away import KAFKA_AWAY, WAREHOUSE_AWAY
from ingest.label import Label

PATIENCE = 10.0
"""Seconds that a part may wait for something before that is worth a sentence."""

CHECKS = {
    "loop": Label("bị treo", "it hangs"),
    "kafka": KAFKA_AWAY,
    "topics": Label("Kafka chưa có đủ luồng", "Kafka's topics are missing"),
    "warehouse": WAREHOUSE_AWAY,
    "tables": Label("kho dữ liệu chưa có đủ bảng", "the warehouse's tables are missing"),
    "disk": Label("ổ đĩa sắp đầy", "the disk is nearly full"),
    "heartbeat": Label("dữ liệu mới không vào được Kafka", "new data does not get into Kafka"),
    "partitions": Label("đang khôi phục", "it is recovering"),
    "writes": Label("không ghi được vào kho dữ liệu", "it cannot write into the warehouse"),
    "figures": Label("chưa đọc được số liệu", "the figures have not been read"),
}
"""What is wrong, by the name of the check that found it."""


def well(part: Part, pid: int) -> Finding:
    """How a part is; what it waits for may come within a moment.

    Args:
        part: one that runs and answers.
        pid: its process.
    """
    until = time.monotonic() + PATIENCE
    answer = probe.whole(part.health) if part.health else None
    while part.health and answer is not None and answer.faults and time.monotonic() < until:
        time.sleep(0.5)
        answer = probe.whole(part.health)
    if answer is not None and answer.pid == pid:
        return _said(part, answer.faults)
    if part.health and is_taken(part.health.number, part.health.host) and holder(part.health.number).pid != pid:
        return Finding(False, *obstacles.taken(part, part.health))
    return _said(part, {})


def _said(part: Part, faults: dict[str, str]) -> Finding:
    if not faults:
        return Finding(True, f"{part.label.vi}: hoạt động tốt", f"{part.label.en}: well")
    known = [(CHECKS.get(name, Label(name, name)), why) for name, why in faults.items()]
    return Finding(
        False,
        f"{part.label.vi} đang chờ: " + "; ".join(label.vi for label, _ in known),
        f"{part.label.en} is waiting: " + "; ".join(f"{label.en} ({why})" for label, why in known),
    )
