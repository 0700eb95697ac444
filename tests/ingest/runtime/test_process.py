"""What a process gives back when it has started."""

import hashlib
import re
import sys
from pathlib import Path

import pytest

from ingest.runtime.process import give_back_memory


def resident_code() -> int:
    """Kilobytes of the code of files that are in memory."""
    maps = re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text())
    return sum(int(re.findall(r"(?m)^Rss: +([0-9]+)", one)[0]) for one in maps if re.match(r"\S+ r-xp .* /", one))


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone can be told")
def test_code_that_was_given_back_runs_all_the_same() -> None:
    before = resident_code()
    give_back_memory()
    assert resident_code() < before / 2
    assert hashlib.sha256(b"ward").hexdigest().startswith("96b8f576")
