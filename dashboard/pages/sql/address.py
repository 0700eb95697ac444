"""Query address: how a page hands a prepared query to the analysts' page - by what the address names, never by its text.

`/sql?proof=Q03&part=recomputed&as_of=…` or `/sql?record=<topic>:<partition>:<offset>`.
"""

from urllib.parse import parse_qs, urlencode

from ingest.contract.events import streams
from ingest.contract.topic import topic_of
from warehouse.catalogue import indicator, indicators
from warehouse.model.expression import NEVER
from warehouse.model.indicator import Indicator
from warehouse.proof.queries import PROOF_QUERIES, ProofQuery, indicator_query, record_query

_LONGEST_NUMBER = 16
_MOST_FIELDS = 8


def sql_address(one: Indicator, part: ProofQuery, at_ms: int) -> str:
    """Address of the analysts' page with a query about an indicator."""
    return "/sql?" + urlencode({"proof": one.id, "part": part, "as_of": at_ms})


def record_address(topic: str, partition: int, offset: int) -> str:
    """Address of the analysts' page with the query for one event."""
    return "/sql?" + urlencode({"record": f"{topic}:{partition}:{offset}"}, safe=":")


def prepared(search: object, ward: str) -> str | None:
    """The query that an address asks for.

    Args:
        search: the part of the address from the question mark on; anybody can have written it.
        ward: the ward that this board shows.

    Returns:
        `None` where it asks for none of ours.
    """
    if not isinstance(search, str):
        return None
    try:
        asked = {
            name: values[0] for name, values in parse_qs(search.removeprefix("?"), max_num_fields=_MOST_FIELDS).items()
        }
    except ValueError:
        return None
    if "record" in asked:
        return _record(asked["record"])
    id, part, at_ms = asked.get("proof"), asked.get("part"), _number(asked.get("as_of", ""))
    if id not in {one.id for one in indicators()} or part not in PROOF_QUERIES or at_ms is None:
        return None
    return indicator_query(indicator(id), ward, part, at_ms)


def _record(text: str) -> str | None:
    topic, _, place = text.partition(":")
    partition, offset = (_number(part) for part in (*place.split(":"), "", "")[:2])
    if topic not in {topic_of(stream) for stream in streams()} or partition is None or offset is None:
        return None
    return record_query(topic, partition, offset)


def _number(text: str) -> int | None:
    """A whole number from an address; `None` where it is none, or none that can be meant."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return int(text) if is_number and int(text) <= NEVER else None
