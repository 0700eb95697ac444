"""Write `jars.lock` anew: `python -m ingest.kafka.broker.lock`.

To take another version of Kafka: change `jars.KAFKA` and, if Kafka's own log4j moved, `LOGGING` below; run this;
read the difference; run the broker's tests; commit both. It asks Maven's repository for Kafka's dependencies and
records the SHA-256 of every jar as it came.
"""

import sys
import tempfile
from pathlib import Path

from ingest.kafka.broker.fetch import maven_context
from ingest.kafka.broker.jars import KAFKA, LOCK, Jar, checksum

LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
"""Binds Kafka's slf4j to its log4j; the version is that of the log4j-core which Kafka brings."""


def resolve_jars(store: Path) -> list[Jar]:
    """Every jar that Kafka needs, fetched into `store`, in the order of coordinates."""
    maven = maven_context(store)
    # The `!` keeps log4j's own dependencyManagement out: it would put kafka-clients 3.9.1 beside the 4.x server.
    wanted = [maven.create_dependency(f"{name}!") for name in (f"org.apache.kafka:kafka_2.13:{KAFKA}", LOGGING)]
    inputs, others = maven.resolver.resolve(wanted)
    jars = []
    for found in [*inputs, *others]:
        path = found.artifact.resolve()
        jars.append(Jar(f"{found.groupId}:{found.artifactId}:{found.version}", checksum(path), path.stat().st_size))
    return sorted(jars)


def main() -> int:
    """Resolve and write."""
    with tempfile.TemporaryDirectory() as store:
        jars = resolve_jars(Path(store))
    head = f"# Apache Kafka {KAFKA}: coordinate, SHA-256, bytes. Written by `python -m ingest.kafka.broker.lock`.\n"
    LOCK.write_text(head + "".join(f"{jar.coordinate} {jar.sha256} {jar.size}\n" for jar in jars), encoding="utf-8")
    print(f"{len(jars)} jars, {sum(jar.size for jar in jars) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
