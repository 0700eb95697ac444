"""Comparison: an answer held against what was known of the device before; what has changed are the messages.

A message has the device's `device`, `category`, `place`, `by`, and says what it is about in `told`:

- `listed`: the device is on the list (`is`), or not any more;
- `outage_over`: nobody asks it any more in the way in which it was down, since `down_since`;
- `reached`: it answers (`is`), since `at`; `down_since` where that ends an outage or begins one;
- `fault`, `supply`: under `code`, what is wrong with it or runs out (`is`), with the `level` where that is known;
- `measured`: `loss` in per cent and `delay_ms` of the last minutes;
- and with each answer, where the way tells all of them, `status` and `values`.

A device that has never answered is not missed: that it does not answer is told from its first answer on. Everything that a message
says is remembered over a restart, so that what happened once is told once.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, TypeAdapter

from ingest.contract.connector import ProbedDevice, WatchedSpan
from ingest.probe.question import ProbeAnswer

MISSES = 2
"""Answers that stay away one after the other before a device is down."""

MEASURED_EVERY = timedelta(minutes=5)

SPANS_KEPT = timedelta(days=2)
"""How long it is known when a line was up and down."""

MOST_SPANS = 500
"""Of one line."""

LONGEST_GAP = timedelta(minutes=5)
"""Between two answers, of which the second shows that nothing changed since the first."""

Told = dict[str, Any]
"""A message."""


class KnownDevice(BaseModel):
    """What is known of a device."""

    device: ProbedDevice
    is_up: bool | None = None
    """`None`: it has never answered."""
    down_since: datetime | None = None
    misses: int = 0
    missed_at: datetime | None = None
    """When it did not answer for the first time since it did."""
    open: dict[str, datetime] = {}
    """What is wrong with it, and since when."""
    sent: int = 0
    answered: int = 0
    delay_ms: float = 0.0
    """The sum over all answers that are counted in `delays`."""
    delays: int = 0
    measured_from: datetime | None = None
    spans: tuple[WatchedSpan, ...] = ()
    """When it was up and when it was down, where it is measured."""


KNOWN_DEVICES = TypeAdapter(dict[str, KnownDevice])


def compare_list(
    known: dict[str, KnownDevice], devices: tuple[ProbedDevice, ...], now: datetime
) -> tuple[dict[str, KnownDevice], list[Told]]:
    """What is known after a list was read, and what has changed with it."""
    after: dict[str, KnownDevice] = {}
    told: list[Told] = []
    for device in devices:
        before = known.get(device.device)
        is_same = before is not None and before.device.by == device.by
        after[device.device] = (
            before.model_copy(update={"device": device}) if before and is_same else KnownDevice(device=device)
        )
        if before is not None and not is_same:
            told += _gone(before, now)
        said = {"category", "place", "by"}
        if before is None or before.device.model_dump(include=said) != device.model_dump(include=said):
            told.append(_told(device, "listed", now) | {"is": True})
    for id_, before in known.items():
        if id_ not in after:
            told += [*_gone(before, now), _told(before.device, "listed", now) | {"is": False}]
    return after, told


def _gone(before: KnownDevice, now: datetime) -> Iterator[Told]:
    """Nobody asks a device any more in the way in which it was asked: what was open of it is over."""
    for name in before.open:
        yield _open(before.device, name, now, None, is_open=False)
    if before.is_up is False and before.down_since is not None:
        yield _told(before.device, "outage_over", now) | {"down_since": _text(before.down_since)}


def compare_answer(known: KnownDevice, answer: ProbeAnswer, now: datetime) -> tuple[KnownDevice, list[Told]]:
    """What is known of a device after an answer, and what has changed with it."""
    after, told = known.model_copy(), list[Told]()
    if answer.reached:
        if known.is_up is not True:
            told.append(_told(known.device, "reached", now) | {"is": True} | _since(known.down_since))
        after.is_up, after.down_since, after.misses, after.missed_at = True, None, 0, None
    elif known.is_up is not None:
        after.misses = min(known.misses + 1, MISSES)
        after.missed_at = known.missed_at or now
        if known.is_up and after.misses == MISSES:
            after.is_up, after.down_since = False, after.missed_at
            told.append(_told(known.device, "reached", after.missed_at) | {"is": False} | _since(after.down_since))
    if answer.reached and answer.open is not None:
        after.open = {name: known.open.get(name, now) for name in answer.open}
        for name, level in answer.open.items():
            if name not in known.open:
                told.append(_open(known.device, name, now, level, is_open=True))
        told += [_open(known.device, name, now, None, is_open=False) for name in known.open if name not in answer.open]
    return after, told


def whole_answer(known: KnownDevice, answer: ProbeAnswer, now: datetime) -> Iterator[Told]:
    """An answer as a message of its own; one that stayed away is none until the device counts as down."""
    if known.is_up is answer.reached:
        more = {"status": answer.status, "values": answer.values, "delay_ms": _rounded(answer.delay_ms)}
        yield _told(known.device, "answer", now) | {"is": answer.reached} | more


def count_answer(known: KnownDevice, answer: ProbeAnswer, now: datetime) -> tuple[KnownDevice, list[Told]]:
    """Count an answer; what was lost and how long answers took is told every few minutes."""
    after, told = known.model_copy(), list[Told]()
    if known.measured_from is not None and now - known.measured_from >= MEASURED_EVERY and known.sent:
        loss = round(100 * (known.sent - known.answered) / known.sent)
        delay = known.delay_ms / known.delays if known.delays else None
        told.append(_told(known.device, "measured", now) | {"loss": loss, "delay_ms": _rounded(delay)})
        after.measured_from, after.sent, after.answered, after.delay_ms, after.delays = None, 0, 0, 0.0, 0
    after.measured_from = after.measured_from or now
    after.sent, after.answered = after.sent + answer.sent, after.answered + answer.answered
    if answer.delay_ms is not None:
        after.delay_ms, after.delays = after.delay_ms + answer.delay_ms, after.delays + 1
    return after, told


def note_span(known: KnownDevice, answer: ProbeAnswer, now: datetime) -> KnownDevice:
    """Note that a line is up or down; a single answer that stays away leaves it open until the next one."""
    if known.is_up is None or (known.is_up and not answer.reached):
        return known
    spans = [one for one in known.spans if one.ends > now - SPANS_KEPT]
    last = spans[-1] if spans else None
    if last is not None and last.is_up is known.is_up and now - last.ends <= LONGEST_GAP:
        spans[-1] = last._replace(ends=now)
    else:
        begins = known.down_since or now
        spans.append(WatchedSpan(max(begins, last.ends) if last else begins, now, known.is_up))
    return known.model_copy(update={"spans": tuple(spans[-MOST_SPANS:])})


def _told(device: ProbedDevice, told: str, at: datetime) -> Told:
    said = {"device": device.device, "category": device.category, "by": device.by, "told": told, "at": _text(at)}
    return said | ({"place": device.place} if device.place else {})


def _open(device: ProbedDevice, name: str, at: datetime, level: int | None, *, is_open: bool) -> Told:
    kind, _, code = name.partition(":")
    return _told(device, kind, at) | {"code": code, "is": is_open} | ({} if level is None else {"level": level})


def _since(down_since: datetime | None) -> Told:
    return {} if down_since is None else {"down_since": _text(down_since)}


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _rounded(delay_ms: float | None) -> int | None:
    return None if delay_ms is None else round(delay_ms)
