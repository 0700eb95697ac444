"""`./ioc chaos`: the real stack under fire loses, doubles and invents nothing; with a mechanism switched off it is caught."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from commands.developers.nemesis.faults.processes import FOLDERS, failpoints_of
from commands.install.settings import ROOT


def chaos(*arguments: str, root: Path = ROOT) -> tuple[int, dict[str, Any]]:
    """Run it from a checkout; exit code and what it says."""
    command = [sys.executable, "-m", "commands.developers.chaos", "--json", *arguments]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert answer.stdout, answer.stderr[-3000:]
    return answer.returncode, json.loads(answer.stdout)


def breaches(result: dict[str, Any]) -> dict[str, int]:
    return {kind: result[kind] for kind in ("lost", "doubled", "invented", "mismatched") if result[kind]}


@pytest.mark.faults
@pytest.mark.embedded
@pytest.mark.timeout(600)
def test_a_short_storm_changes_no_figure():
    code, result = chaos("--minutes", "0.4", "--seed", "5", "--no-disk")
    assert (code, breaches(result)) == (0, {}), result
    assert result["acked"] > 100
    assert result["kills"] >= 3
    assert result["compared"]["flows"] > 20


@pytest.mark.faults
@pytest.mark.embedded
@pytest.mark.timeout(1200)
def test_two_minutes_of_storm_change_no_figure():
    code, result = chaos("--minutes", "2", "--seed", "11")
    assert (code, breaches(result)) == (0, {}), result
    assert result["acked"] > 1000
    assert result["kills"] >= 20
    assert len(result["faults"]) >= 8
    assert min(result["compared"].values()) > 10


@pytest.mark.faults
@pytest.mark.embedded
@pytest.mark.timeout(1800)
def test_every_failpoint_kills_once_and_nothing_is_lost():
    code, result = chaos("--sweep", "--minutes", "15", "--seed", "3")
    assert (code, breaches(result)) == (0, {}), result
    fired = {what.split()[0] for what in result["failpoints"]}
    assert {name for part in FOLDERS for name in failpoints_of(part)} - fired == set(), result["notes"]
