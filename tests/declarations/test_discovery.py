"""What is declared is found by lying in its folder: no list names it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import connectors
import warehouse.alarms
import warehouse.indicators
import warehouse.views
from ingest.contract.connector import Connector
from ingest.discovery import declared
from warehouse.model.alarm_rule import AlarmRule
from warehouse.model.indicator import Indicator

COPIES = (
    (connectors, Connector, "civil_status"),
    (warehouse.indicators, Indicator, "petition"),
    (warehouse.alarms, AlarmRule, "petition"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder whose modules are the package's as well, as long as the test runs."""
    package: ModuleType = request.param
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    yield tmp_path
    sys.modules.pop(f"{package.__name__}.another", None)


@pytest.mark.parametrize(("folder", "package", "kind", "like"), [(one[0], *one) for one in COPIES], indirect=["folder"])
def test_what_a_new_file_declares_is_found(folder: Path, package: ModuleType, kind: type, like: str) -> None:
    before: list[object] = declared(package, kind)
    text = (Path(package.__path__[0]) / f"{like}.py").read_text(encoding="utf-8")
    (folder / "another.py").write_text(text.replace('id="', 'id="another.'), encoding="utf-8")
    assert len(declared(package, kind)) > len(before)


@pytest.mark.parametrize("folder", [warehouse.views], indirect=True)
def test_a_view_of_a_new_file_is_in_the_dictionary(folder: Path) -> None:
    (folder / "another.py").write_text(
        "from warehouse.views import figures\n\n\n"
        "def views():\n    return [figures.corrections_view()._replace(name='another')]\n"
    )
    assert "another" in warehouse.views.public_names()
