"""`python -m commands.developers.nemesis.faults.kafka`: our own Kafka with a further door for each client, so that each can be cut off alone.

Kafka tells every client at which address to go on; at a door it names the gate before the door, so that nobody gets around it.
"""

import json
import os
import sys
from collections.abc import Mapping

import ingest.__main__ as ingest
from ingest.contract.settings import IngestSettings
from ingest.kafka.broker import folder

DOORS = "IOC_CHAOS_DOORS"
"""Variable with the doors as JSON: name -> [port of the door, port of the gate before it]."""


Door = tuple[int, int]
"""A further listener: its port, and the port of the gate before it."""


def with_listeners(settings: IngestSettings, plain: dict[str, str], doors: Mapping[str, Door]) -> dict[str, str]:
    """Kafka's configuration with these doors as well."""
    values = dict(plain)
    for name, (port, gate) in doors.items():
        values["listeners"] += f",{name}://127.0.0.1:{port}"
        values["advertised.listeners"] += f",{name}://127.0.0.1:{gate}"
        values["listener.security.protocol.map"] += f",{name}:SASL_PLAINTEXT"
        values |= folder.log_in(settings, name)
    return values


def main() -> int:
    """Run Kafka as `python -m ingest` does."""
    doors = {name: (port, gate) for name, (port, gate) in json.loads(os.environ[DOORS]).items()}
    plain = folder.broker_properties

    def properties(settings: IngestSettings, data: str) -> dict[str, str]:
        return with_listeners(settings, plain(settings, data), doors)

    folder.broker_properties = properties
    return ingest.main()


if __name__ == "__main__":
    sys.exit(main())
