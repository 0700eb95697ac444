"""Plain counts: what the peers do with events - the contract's validation, the warehouse's sink and three counts, and nothing else.

No duplicates are found, nothing late is revised, and nothing is taken up again after a crash.
"""

from collections.abc import Iterable, Sequence

from ingest.contract.clock import milliseconds
from ingest.contract.envelope import decode
from ingest.contract.errors import InvalidEvent
from ingest.contract.settings import IngestSettings, read_settings
from ingest.kafka.client import client_options
from warehouse.model.expression import window_start
from warehouse.model.value import Value
from warehouse.settings import WarehouseSettings
from warehouse.store import sink
from warehouse.store.client import Client
from warehouse.store.sink import RawRows

COUNTED = {"ticket.issued": "Q01", "detection.started": "C03", "dossier.received": "D01"}
"""Indicators that simply count events of one kind, by that kind."""

WINDOW_MS = 300_000

ROWS = 10_000
"""Rows that a peer gathers for one insert, as far as it can choose."""


class PlainCounts:
    """Validates, counts and stores batches of one process."""

    def __init__(self) -> None:
        self._client = Client(read_settings(WarehouseSettings))
        self._counts: dict[tuple[str, str, int], int] = {}

    def take(self, topic: str, partition: int, offsets: Sequence[int], records: Sequence[bytes]) -> None:
        """Take records of one partition; returns when rows and counts can be queried."""
        rows, changed, newest = RawRows(), dict[tuple[str, str, int], int](), 0
        for offset, record, one in zip(offsets, records, decode(records).events, strict=True):
            if isinstance(one, InvalidEvent):
                raise SystemExit(str(one))
            at = newest = milliseconds(one.time)
            row = (topic, partition, offset, one.ward, one.data.kind, one.subject, one.id, at, record)
            for column, value in zip(rows.columns.values(), row, strict=True):
                column.append(value)
            if id := COUNTED.get(one.data.kind):
                key = (one.ward, id, int(window_start(at, WINDOW_MS)))
                changed[key] = self._counts[key] = self._counts.get(key, 0) + 1
        sink.write_raw(self._client, rows)
        place = (topic, partition, offsets[-1], offsets[-1])
        sink.write_values(self._client, [
            Value(ward, id, "flow", start, "", "", count, 0, newest, newest, *place)
            for (ward, id, start), count in changed.items()
        ])  # fmt: skip

    def take_mixed(self, records: Iterable[tuple[str, int, int, bytes]]) -> None:
        """Take records of several partitions: topic, partition, offset and value of each."""
        places: dict[tuple[str, int], tuple[list[int], list[bytes]]] = {}
        for topic, partition, offset, value in records:
            offsets, values = places.setdefault((topic, partition), ([], []))
            offsets.append(offset)
            values.append(value)
        for place, (offsets, values) in places.items():
            self.take(*place, offsets, values)


def connection() -> dict[str, str]:
    """How to reach Kafka, in the words of librdkafka, which both peers use."""
    options = client_options(read_settings(IngestSettings))
    return {
        "bootstrap.servers": ",".join(options["bootstrap_servers"]),
        "security.protocol": options["security_protocol"],
        "sasl.mechanism": options["sasl_mechanism"],
        "sasl.username": options["sasl_plain_username"],
        "sasl.password": options["sasl_plain_password"],
    }
