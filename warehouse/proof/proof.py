"""Proof: an indicator's shown figure beside what the raw events say, to the last unit, and what is behind it.

What is compared is the board's own memory, taken at once. Every value tells the last offset that was folded into it; so where an
event is stored and still on its way to the board, the events before it decide, and nothing looks like a difference that is none.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from ingest.contract.topic import topic_of
from warehouse.model.aggregate import Flow
from warehouse.model.entity import First
from warehouse.model.entity_sql import SqlState, matters_sql
from warehouse.model.expression import MINUTE, sql
from warehouse.model.grace import GRACE
from warehouse.model.indicator import Indicator
from warehouse.model.reading import Split, baseline_sides, baseline_windows, shown_span
from warehouse.model.value import Value
from warehouse.proof.evidence import EvidenceSides, event_condition_sql, evidence_fields
from warehouse.recompute.sql import flow_sql, stock_sql, stocks_sql
from warehouse.store.client import Client
from warehouse.store.withdrawn import counted_sql

WINDOWS = 12
"""How many of the last windows are shown."""

ValueKeyOfProof = tuple[str, int]
"""Topic and partition."""

_LOOKED_BACK = timedelta(days=2)
_MILLISECOND = timedelta(milliseconds=1)
_NOTHING: EvidenceSides = (0, 0)


class ProofWindow(NamedTuple):
    """One window's total as it is stored, beside what the events say."""

    stored: Value
    recomputed: EvidenceSides
    is_closed: bool
    """Whether it is over and changes only by a correction."""

    @property
    def agrees(self) -> bool:
        """Whether both are the same to the last unit."""
        return (self.stored.numerator, self.stored.denominator) == self.recomputed


class ShownFigure(NamedTuple):
    """What the board shows of one indicator at one moment."""

    one: Indicator
    ward: str
    now_ms: int
    span: tuple[int, int]
    """The first and the last moment at which a window may begin that it includes."""
    base: EvidenceSides
    """What its baseline adds to it, which has a proof of its own."""
    values: tuple[Value, ...]
    """Every window of its flows that the figure reaches, and the newest of its stocks, by split."""
    taken_in: Mapping[ValueKeyOfProof, int]
    """By topic and partition, the last offset that the board knows of; of the topics that the indicator's events are in."""

    @property
    def stock_ms(self) -> int:
        """When its stocks were last looked at; 0 when they never were. What did not change since then was not written again."""
        return max((value.as_of_ms for value in self.values if value.grain == "stock"), default=0)

    def sides(self) -> dict[Split, EvidenceSides]:
        """The figure in total and by member."""
        return _added(((value.dimension, value.member), (value.numerator, value.denominator)) for value in self.values)


class Proof(NamedTuple):
    """What the events say."""

    sides: dict[Split, EvidenceSides]
    """The figure in total and by member."""
    differing: tuple[tuple[str, int, str, str], ...]
    """Grain, window, dimension and member of what is not the same."""
    ahead: int = 0
    """Events of its kinds that are stored and not taken in by the figure, where only those before them agree with it."""

    @property
    def agrees(self) -> bool:
        """Whether every window in total and by member is the same to the last unit."""
        return not self.differing


def shown_figures(one: Indicator, ward: str, now_ms: int, memory: Iterable[Value]) -> ShownFigure:
    """Take from the board's memory what it shows of an indicator now.

    Args:
        one: the indicator.
        ward: the ward that the board shows.
        now_ms: the present by the install's clock.
        memory: everything that the board knows.
    """
    taken_in: dict[ValueKeyOfProof, int] = {}
    known: dict[str, list[Value]] = {one.id: [], **({one.baseline.id: []} if one.baseline else {})}
    for value in memory:
        place = (value.topic, value.partition)
        if value.offset > taken_in.get(place, -1):
            taken_in[place] = value.offset
        if value.indicator in known:
            known[value.indicator].append(value)

    def totals(id: str) -> Iterable[Value]:
        return (value for value in known[id] if value.grain == "flow" and not value.dimension)

    start_ms, end_ms = span = shown_span(one, now_ms, totals)
    mine = [value for value in known[one.id] if value.grain == "stock" or start_ms <= value.window_ms <= end_ms]
    topics = {topic_of(event.stream) for event in one.of.events}
    mine_in = {place: offset for place, offset in taken_in.items() if place[0] in topics}
    is_added = not (one.has_stock and mine)
    base = baseline_windows(one.baseline, now_ms, totals) if one.baseline and is_added else []
    return ShownFigure(one, ward, now_ms, span, baseline_sides(one, base), tuple(mine), mine_in)


def prove_figure(client: Client, what: ShownFigure) -> Proof:
    """Recompute a shown figure from all events; where they say something else, from those that it has taken in."""
    found = _proof(client, what, "")
    if found.agrees or not what.taken_in:
        return found
    found = _proof(client, what, f" AND ({_places(what.taken_in, '<=')})")
    return found._replace(ahead=_ahead(client, what))


def _proof(client: Client, what: ShownFigure, taken_in: str) -> Proof:
    one = what.one
    everything = entity_events(one, what.ward, taken_in)
    found: dict[tuple[str, int, str, str], EvidenceSides] = {}
    if one.has_flow:
        start_ms, end_ms = what.span
        query = flow_sql(one, narrow_to_changed(one, what.ward, start_ms, everything))
        for window_ms, *split, n, d in client.query(
            f"SELECT window_ms, dimension, member, numerator, denominator FROM ({query}) "
            f"WHERE ward = {sql(what.ward)} AND window_ms BETWEEN {start_ms} AND {end_ms}"
        ):
            found["flow", window_ms, split[0], split[1]] = (n, d)
    if one.has_stock and what.stock_ms:
        query = stock_sql(one, what.stock_ms, relevant_events_sql(one, what.stock_ms, everything))
        for *split, n, d in client.query(
            f"SELECT dimension, member, numerator, denominator FROM ({query}) WHERE ward = {sql(what.ward)}"
        ):
            found["stock", 0, split[0], split[1]] = (n, d)
    known: dict[tuple[str, int, str, str], EvidenceSides] = {
        (value.grain, value.window_ms if value.grain == "flow" else 0, value.dimension, value.member): (
            value.numerator,
            value.denominator,
        )
        for value in what.values
    }
    differing = tuple(
        place for place in sorted({*known, *found}) if known.get(place, _NOTHING) != found.get(place, _NOTHING)
    )
    sides = _added(((dimension, member), pair) for (_, _, dimension, member), pair in found.items())
    return Proof(sides, differing)


def proof_windows(client: Client, one: Indicator, ward: str, now_ms: int) -> list[ProofWindow]:
    """The last windows' totals as stored, newest first, each beside its recomputation from the events that it has taken in."""
    found: list[ProofWindow] = []
    if one.has_flow:
        closed_by = now_ms - (one.window + GRACE) // _MILLISECOND
        taken_in, rows = _stored(client, one, ward, "flow", now_ms)
        first = min((row.window_ms for row in rows), default=now_ms)
        source = narrow_to_changed(one, ward, first, entity_events(one, ward, taken_in))
        said = _totals(client, ward, f"SELECT * FROM ({flow_sql(one, source)}) WHERE window_ms >= {first}")
        found += [ProofWindow(row, said.get(row.window_ms, _NOTHING), row.window_ms <= closed_by) for row in rows]
    if one.has_stock:
        taken_in, rows = _stored(client, one, ward, "stock", now_ms)
        rows = [row for row in rows if row.as_of_ms == row.window_ms + MINUTE]  # the running minute's is above
        if rows:
            start_ms, end_ms = rows[-1].window_ms, rows[0].as_of_ms
            said = _totals(client, ward, stocks_sql(one, start_ms, end_ms, entity_events(one, ward, taken_in)))
            found += [ProofWindow(row, said.get(row.window_ms, _NOTHING), True) for row in rows]
    return found


def _stored(client: Client, one: Indicator, ward: str, grain: str, now_ms: int) -> tuple[str, list[Value]]:
    """The last windows' totals, and SQL of what had been taken in when they were written.

    A flush writes its values as one block: whoever knows how far the values go, and then reads them, has all of them up to there.
    """
    topics = ", ".join(sql(topic_of(stream)) for stream in sorted({event.stream for event in one.of.events}))
    written = client.query(
        f"SELECT topic, partition, max(offset) FROM raw_values WHERE ward = {sql(ward)} AND topic IN ({topics}) "
        f"AND window_ms >= {now_ms - _LOOKED_BACK // _MILLISECOND} GROUP BY topic, partition"
    )
    taken_in: dict[ValueKeyOfProof, int] = {(topic, partition): offset for topic, partition, offset in written}
    rows = [
        Value(*row)
        for row in client.query(
            f"SELECT {', '.join(Value._fields)} FROM raw_values FINAL WHERE ward = {sql(ward)} AND indicator = {sql(one.id)} "
            f"AND grain = {sql(grain)} AND dimension = '' AND window_ms <= {now_ms} ORDER BY window_ms DESC LIMIT {WINDOWS}"
        )
    ]
    for row in rows:
        place = (row.topic, row.partition)
        taken_in[place] = max(row.offset, taken_in.get(place, -1))
    return f" AND ({_places(taken_in, '<=')})" if taken_in else "", rows


def _totals(client: Client, ward: str, query: str) -> dict[int, EvidenceSides]:
    totals = client.query(
        f"SELECT window_ms, numerator, denominator FROM ({query}) WHERE dimension = '' AND ward = {sql(ward)}"
    )
    return {window_ms: (numerator, denominator) for window_ms, numerator, denominator in totals}


def entity_events(one: Indicator, ward: str, taken_in: str = "", still: str = "") -> str:
    """Everything that happened to the ward's entities of the kind, as a subquery; with what was taken back, where that counted `still`."""
    topics = ", ".join(sql(topic_of(stream)) for stream in sorted({event.stream for event in one.of.events}))
    names = ", ".join(sql(event.kind) for event in one.of.events)
    condition = f"topic IN ({topics}) AND ward = {sql(ward)} AND kind IN ({names}){taken_in}"
    return counted_sql(condition, still) if still else f"(SELECT * FROM raw_events WHERE {condition})"


def relevant_events_sql(one: Indicator, at_ms: int, source: str) -> str:
    """SQL of a source at a moment, without the old events that change nothing any more: a device has a heartbeat a minute for ever."""
    splits = SqlState()
    for _, member in one.dimensions:
        sql(member(splits))
    fields = evidence_fields(one) | splits.asked
    rules = [rule for name, rule in one.of.fields.items() if name in fields]
    return f"(SELECT * FROM {source} WHERE at_ms <= {at_ms}{matters_sql(one.of, rules, at_ms, source)})"


def _places(taken_in: Mapping[ValueKeyOfProof, int], compared: str) -> str:
    return " OR ".join(
        f"(topic = {sql(topic)} AND partition = {partition} AND offset {compared} {offset})"
        for (topic, partition), offset in sorted(taken_in.items())
    )


def narrow_to_changed(one: Indicator, ward: str, start_ms: int, source: str) -> str:
    """Only entities to which something happened since `start_ms`, where an indicator counts nothing that is not an event's time."""
    state = SqlState()
    for part in one.parts:
        if isinstance(part, Flow):
            sql(part.at(state))
    if not all(isinstance(one.of.fields[name], First) for name in state.asked):
        return source
    touched = f"SELECT subject FROM {source} WHERE {event_condition_sql(one, ward)} AND at_ms >= {start_ms}"
    return f"(SELECT * FROM {source} WHERE subject IN ({touched}))"


def _ahead(client: Client, what: ShownFigure) -> int:
    beyond = f"{event_condition_sql(what.one, what.ward)} AND ({_places(what.taken_in, '>')})"
    ((count,),) = client.query(f"SELECT count() FROM raw_events WHERE {beyond}")
    return int(count)


def _added(pairs: Iterable[tuple[Split, EvidenceSides]]) -> dict[Split, EvidenceSides]:
    """Sums by split."""
    sums: dict[Split, EvidenceSides] = {}
    for split, (numerator, denominator) in pairs:
        known = sums.get(split, _NOTHING)
        sums[split] = (known[0] + numerator, known[1] + denominator)
    return sums
