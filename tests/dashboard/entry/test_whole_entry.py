"""What people enter on the real parts: through Kafka and the fold to what the board, SQL, feed and proof show, and back by a correction."""

import asyncio
import importlib
from collections.abc import Callable, Iterator

import pytest

from commands.install.figure_import import PRETEND_BASELINE, enter_pretend_baseline, enter_pretend_figures
from commands.supervision.stack import Stack
from dashboard.access.accounts import Accounts
from dashboard.access.viewer import Viewer
from dashboard.entry.act import Statement, confirm, enter
from dashboard.entry.amount import read_amounts, read_written_period
from dashboard.entry.desk import FigureDesk
from dashboard.state.queries import WarehouseReader
from ingest.contract.clock import milliseconds
from ingest.contract.settings import IngestSettings
from warehouse.catalogue import entered_kinds, indicator
from warehouse.model.reading import Reading
from warehouse.proof.evidence import corrected_figures
from warehouse.proof.proof import prove_figure, shown_figures
from warehouse.query.entered import EnteredFigure
from warehouse.query.feed import FeedQuestion, feed_rows
from warehouse.readings import Readings
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, connect
from warehouse.store.values import current_values

pytestmark = [pytest.mark.embedded, pytest.mark.long]

LAN = Viewer("lan", frozenset({"leader", "analyst"}))
MINH = Viewer("minh", frozenset({"leader"}))
REPORT = {
    "Q11": (11_796, 0), "D02": (4_293, 0), "D03": (4_288, 0), "D04": (4_288, 4_293), "P01": (7, 0), "V01": (1_768, 1_768),
    "V02": (600, 0), "V03": (70, 70),
}  # fmt: skip


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("entered"), ("ingest", "warehouse", "streams")) as running:
        yield running


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with connect(stack.settings(WarehouseSettings)) as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(stack: Stack) -> FigureDesk:
    ingest = stack.settings(IngestSettings)
    return FigureDesk(ingest, WarehouseReader(stack.settings(WarehouseSettings)), ingest.clock())


def readings(client: Client, desk: FigureDesk) -> Readings:
    found = Readings()
    found.apply(current_values(client, desk.ingest.ward, milliseconds(desk.clock.now())))
    return found


def shown(client: Client, desk: FigureDesk, id: str) -> Reading:
    now_ms = milliseconds(desk.clock.now())
    found = readings(client, desk)
    if id == "D04":
        finished, received = (found.read(part, now_ms) for part in ("D03", "D02"))
        return finished._replace(denominator=received.numerator)
    return found.read(id, now_ms)


def agrees(client: Client, desk: FigureDesk, id: str) -> bool:
    values = readings(client, desk).values()
    what = shown_figures(indicator(id), desk.ingest.ward, milliseconds(desk.clock.now()), values)
    return prove_figure(client, what).agrees


async def comes(condition: Callable[[], bool]) -> bool:
    for _ in range(100):
        if condition():
            return True
        await asyncio.sleep(0.2)
    return False


async def test_a_figure_counts_once_a_second_person_has_confirmed_it_and_a_correction_is_seen(
    client: Client, desk: FigureDesk
) -> None:
    kind = entered_kinds()["mooc_staff"]
    period = kind.last_period(desk.clock.now().date())

    def stated(part: str) -> Statement:
        return Statement(kind, read_written_period(kind, period.code), read_amounts(kind, part, "80"))

    what = stated("70")
    known = await desk.send([enter(what, EnteredFigure(what.ref, ()), LAN, desk.clock.now())])
    assert known[what.ref].draft
    assert not shown(client, desk, "K01").known
    known = await desk.send([confirm(kind, known[what.ref], MINH, desk.clock.now())])
    assert await comes(lambda: shown(client, desk, "K01")[1:3] == (70, 80))
    assert shown(client, desk, "K01").figure == 87.5
    assert agrees(client, desk, "K01")

    known = await desk.send([enter(stated("72"), known[what.ref], LAN, desk.clock.now(), "go_nham")])
    await desk.send([confirm(kind, known[what.ref], MINH, desk.clock.now())])
    assert await comes(lambda: shown(client, desk, "K01")[1:3] == (72, 80))
    assert agrees(client, desk, "K01")
    assert await comes(
        lambda: [one.new for one in corrected_figures(client, desk.ingest.ward, "K01")][:1] == [(72, 80)]
    )
    told = client.query(
        "SELECT numerator, denominator, value FROM indicator_values WHERE indicator = 'K01' AND dimension = ''"
    )
    assert told == [(72, 80, 90.0)]
    question = FeedQuestion((desk.ingest.ward,), ("K01",), *period.covers, dimension="", after=None, limit=9)
    assert await comes(lambda: [(row.numerator, row.denominator) for row in feed_rows(client, question)] == [(72, 80)])


async def test_the_reports_figures_are_a_file_that_is_imported_once_and_undone(
    stack: Stack, client: Client, desk: FigureDesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in stack.variables.items():
        monkeypatch.setenv(name, value)
    command = importlib.import_module("commands.import")
    install = stack.install
    Accounts(install.board).add("admin", frozenset({"admin"}))
    assert await asyncio.to_thread(enter_pretend_baseline, install, desk.clock) == 7
    for id, sides in REPORT.items():
        assert await comes(lambda id=id, sides=sides: shown(client, desk, id)[1:3] == sides), id  # type: ignore[misc]
        assert id == "D04" or (agrees(client, desk, id) and agrees(client, desk, f"N{id}")), id
    assert await asyncio.to_thread(enter_pretend_baseline, install, desk.clock) == 0

    assert await asyncio.to_thread(command.main, [str(PRETEND_BASELINE), "--apply"]) == 0
    said = capsys.readouterr()
    assert "7 rows there already" in said.err
    batch = said.err.partition("Import ")[2].partition(":")[0]
    assert await asyncio.to_thread(command.main, ["--undo", batch]) == 0
    assert "Nothing was written" in capsys.readouterr().err
    assert await asyncio.to_thread(command.main, ["--undo", batch, "--apply"]) == 0
    assert await comes(lambda: shown(client, desk, "Q11").numerator == 0)
    assert agrees(client, desk, "Q11")


async def test_the_pretend_ward_begins_with_what_its_people_know(
    stack: Stack, client: Client, desk: FigureDesk
) -> None:
    assert await asyncio.to_thread(enter_pretend_figures, stack.install, desk.clock) == 16
    assert await comes(lambda: shown(client, desk, "K26").figure == 88.64)
    assert agrees(client, desk, "K26")
    assert await asyncio.to_thread(enter_pretend_figures, stack.install, desk.clock) == 0
