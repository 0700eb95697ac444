"""Freshness: whether a figure may be taken as live, judged by the heartbeats of the sources it comes from.

No events at night and a dead connector look different: a source that reports is live even when nothing happens. But what it told
may still lie in Kafka, after an outage or where a stream is halted: then a figure is as old as what is counted. The rule has one home
here; the browser only counts the ages on.
"""

import sys
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Literal, NamedTuple

from ingest.contract.clock import milliseconds
from ingest.contract.quantity import EARLIEST
from ingest.contract.topic import topic_of
from warehouse.catalogue import entities, indicator, indicators
from warehouse.indicators.dismantled import last_sign
from warehouse.indicators.health import UP_SINCE
from warehouse.model.indicator import Derived, Indicator, Measure
from warehouse.model.reading import TOTAL, Reading
from warehouse.readings import Readings

State = Literal["live", "late", "stale", "unheard", "down", "none", "unconnected"]
"""`unheard`: devices seem to be missing, but since their source came into sight they have not had the time to speak; `none`: there is
no figure; `unconnected`: none of its sources was ever heard, or they are switched off."""

LAG = "H01"
"""The indicator whose members tell how long ago each source gave its last sign."""
DOWN = "H04"
"""The indicator whose members tell which sources are down."""

BEHIND_MS = 120_000
"""A stream is behind where its stocks were last looked at longer ago; they are every minute."""

_MILLISECOND = timedelta(milliseconds=1)
_EARLIEST_MS = milliseconds(EARLIEST)


class FreshnessSign(NamedTuple):
    """What is known of one source."""

    last_ms: int
    """Its last heartbeat."""
    down: bool
    """Whether it is down: says so, or has been silent for too long."""
    counted_ms: int = sys.maxsize
    """Until when what it told is counted, where the streams are behind."""
    kinds: frozenset[str] = frozenset()
    """Kinds of events that may come from it, where that is not declared with the figures."""
    up_ms: int = 0
    """Since when it is in sight; 0 where that is not known."""


class Freshness(NamedTuple):
    """How far a figure, or a source, may be trusted as live."""

    state: State
    sign_ms: int
    """Last heartbeat of its source that is counted; 0 when there was none."""
    newest_ms: int
    """Its newest event; 0 when there was none."""


def freshness_signs(
    readings: Readings,
    now_ms: int,
    behind: Mapping[str, int] = MappingProxyType({}),
    kinds: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> dict[str, FreshnessSign]:
    """The last sign of every source that was ever heard of, by the id of its connector.

    Args:
        readings: the figures.
        now_ms: the present by the install's clock.
        behind: what `streams_behind` says.
        kinds: by source, the kinds of events that may come from it.
    """
    down = readings.members(DOWN, "key", now_ms)
    lags = readings.members(LAG, "key", now_ms)
    up = dict(sorted(map(last_sign, readings.members(LAG, UP_SINCE, now_ms))))
    is_down = {source for source, one in down.items() if one.numerator > 0}
    last = {source: _sign(lag) for source, lag in lags.items() if lag.known}
    # One that says it is down and never sent a heartbeat is known all the same, a faulty declaration for example.
    return {
        source: FreshnessSign(
            last.get(source, 0),
            source in is_down,
            min((behind[topic] for topic in _topics().get(source, ()) if topic in behind), default=sys.maxsize),
            kinds.get(source, frozenset()),
            up.get(source, 0),
        )
        for source in [*last, *sorted(is_down - last.keys())]
    }


def streams_behind(readings: Readings, now_ms: int, allowed_ms: int = BEHIND_MS) -> dict[str, int]:
    """The topics that are not counted until now, each with the time until which it is, as the totals of its stocks tell."""
    counted: dict[str, int] = {}
    for one in indicators():
        value = readings.at((one.id, TOTAL, None)) if one.has_stock else None
        if value is not None:
            counted[value.topic] = max(value.as_of_ms, counted.get(value.topic, 0))
    return {topic: at_ms for topic, at_ms in counted.items() if now_ms - at_ms > allowed_ms}


def declared_sources() -> list[str]:
    """Ids of the sources that figures come from, in the indicators' order."""
    return list(dict.fromkeys(source for entity in entities() for source in entity.sources))


def freshness(reading: Reading, found: Mapping[str, FreshnessSign], now_ms: int) -> Freshness:
    """How fresh a figure is.

    Args:
        reading: the figure.
        found: the sources' heartbeats.
        now_ms: the present by the install's clock.
    """
    one = reading.indicator
    sources = [found[source] for source in _sources_of(one, found)]
    if one.sources and not sources and found:
        return Freshness("unconnected", 0, reading.newest_ms)
    if not reading.known:
        return Freshness("none", 0, 0)
    # Without a source of its own (the health of the sources themselves) the last computation is the heartbeat.
    sign_ms = min((min(sign.last_ms, sign.counted_ms) for sign in sources), default=reading.as_of_ms)
    if any(sign.down for sign in sources):
        return Freshness("down", sign_ms, reading.newest_ms)
    up_ms = max((sign.up_ms for sign in sources), default=0)
    if reading.status != "normal" and now_ms - up_ms < _silent_after_ms(one):
        return Freshness("unheard", up_ms, reading.newest_ms)
    state = _by_age(now_ms - sign_ms, one.late_after, one.stale_after)
    return Freshness(state, sign_ms, reading.newest_ms)


def source_freshness(source: str, found: Mapping[str, FreshnessSign], now_ms: int) -> Freshness:
    """How fresh a source is, for its light."""
    if source not in found:
        return Freshness("unconnected", 0, 0)
    sign = found[source]
    if sign.down:
        return Freshness("down", sign.last_ms, 0)
    lag = indicator(LAG)
    return Freshness(_by_age(now_ms - sign.last_ms, lag.late_after, lag.stale_after), sign.last_ms, 0)


def worst_freshness(several: list[Freshness]) -> Freshness:
    """The one of several that deserves the least trust."""
    order: list[State] = ["live", "late", "stale", "unheard", "none", "unconnected", "down"]
    return max(several, key=lambda one: order.index(one.state))


def _sources_of(one: Measure, found: Mapping[str, FreshnessSign]) -> list[str]:
    """The sources of a figure that were heard: those that are declared with it, and those that tell the same kinds of events."""
    kinds = _kinds_of(one) if one.sources else frozenset()
    return [id_ for id_, sign in found.items() if id_ in one.sources or sign.kinds & kinds]


@cache
def _kinds_of(one: Measure) -> frozenset[str]:
    """The kinds of events that a figure is made of."""
    if isinstance(one, Derived):
        return frozenset[str]().union(*map(_kinds_of, one.made_of))
    return frozenset(event.kind for event in one.of.events) if isinstance(one, Indicator) else frozenset()


@cache
def _silent_after_ms(one: Measure) -> int:
    """The longest silence after which one of those that a figure counts is missed."""
    if isinstance(one, Derived):
        return max(map(_silent_after_ms, one.made_of))
    return one.of.silent_after_ms if isinstance(one, Indicator) else 0


@cache
def _topics() -> dict[str, set[str]]:
    """By source, where its events lie."""
    found: dict[str, set[str]] = {}
    for entity in entities():
        for source in entity.sources:
            found.setdefault(source, set()).update(topic_of(event.stream) for event in entity.events)
    return found


def _sign(lag: Reading) -> int:
    """When the source was last heard; 0 if it never was: its lag would count from 1970."""
    sign_ms = lag.as_of_ms - lag.numerator
    return sign_ms if sign_ms > _EARLIEST_MS else 0


def _by_age(age_ms: int, late_after: timedelta, stale_after: timedelta) -> State:
    if age_ms >= stale_after // _MILLISECOND:
        return "stale"
    return "late" if age_ms >= late_after // _MILLISECOND else "live"
