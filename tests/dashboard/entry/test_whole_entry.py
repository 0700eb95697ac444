"""What people enter on the real parts: through Kafka and the fold to what the board, SQL, feed and proof show, and back by a correction."""

import asyncio
import importlib
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from commands.install.figure_import import PRETEND_BASELINE, enter_pretend_baseline, enter_pretend_figures
from commands.supervision.stack import Stack
from dashboard.access.accounts import Accounts
from dashboard.access.viewer import Viewer
from dashboard.entry.act import Statement, confirm, enter
from dashboard.entry.amount import read_amounts, read_written_period
from dashboard.entry.desk import FigureDesk
from dashboard.entry.file import file_digest
from dashboard.state.queries import WarehouseReader
from ingest.contract.calendar import local_day, ward_moment
from ingest.contract.clock import RealClock, milliseconds, moment
from ingest.contract.events.content import PostPublished
from ingest.contract.settings import IngestSettings
from ingest.kafka.own_event import send_own_events
from warehouse.audit.run import run_audit
from warehouse.audit.scope import scope_since
from warehouse.catalogue import entered_kinds, indicator
from warehouse.history.as_of import BoardMinute
from warehouse.history.as_of_day import recompute_as_of
from warehouse.history.series import bucket_edges, read_series
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


Typed = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture(scope="module")
def admin(stack: Stack) -> str:
    Accounts(stack.install.board).add("admin", frozenset({"admin"}))
    return "admin"


@pytest.fixture
def typed(stack: Stack, admin: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """`./ioc import` as somebody types it: its exit code, and what it says."""
    for name, value in stack.variables.items():
        monkeypatch.setenv(name, value)
    command = importlib.import_module("commands.import")

    async def run(*arguments: object) -> tuple[int, str]:
        code = await asyncio.to_thread(command.main, [str(one) for one in arguments])
        return code, capsys.readouterr().err

    return run


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


async def audited(client: Client, desk: FigureDesk) -> None:
    scope = scope_since(desk.ingest, None, ("D02", "D03", "D05", "D12"))
    report = await asyncio.to_thread(run_audit, client, desk.ingest, scope)
    assert report.differences == 0, report.found


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
    stack: Stack, client: Client, desk: FigureDesk, typed: Typed
) -> None:
    install = stack.install
    assert await asyncio.to_thread(enter_pretend_baseline, install, desk.clock) == 7
    for id, sides in REPORT.items():
        assert await comes(lambda id=id, sides=sides: shown(client, desk, id)[1:3] == sides), id  # type: ignore[misc]
        assert id == "D04" or (agrees(client, desk, id) and agrees(client, desk, f"N{id}")), id
    assert await asyncio.to_thread(enter_pretend_baseline, install, desk.clock) == 0

    code, said = await typed(PRETEND_BASELINE, "--apply")
    assert (code, "7 rows there already" in said) == (0, True)
    batch = said.partition("Import ")[2].partition(":")[0]
    code, said = await typed("--undo", batch)
    assert (code, "Nothing was written" in said) == (0, True)
    assert (await typed("--undo", batch, "--apply"))[0] == 0
    assert await comes(lambda: shown(client, desk, "Q11").numerator == 0)
    assert agrees(client, desk, "Q11")


async def test_totals_of_days_before_are_shown_in_the_history_alone_and_undone(
    client: Client, desk: FigureDesk, typed: Typed, tmp_path: Path
) -> None:
    ward, now = desk.ingest.ward, desk.clock.now()
    came = PostPublished(platform="portal", post_ref="bai-1", topic_code="cchc", published_at=now - timedelta(days=90))
    await send_own_events(desk.ingest, "connectors", now, came)
    assert await comes(lambda: bool(client.query("SELECT 1 FROM raw_values WHERE indicator = 'V02'")))
    before = shown(client, desk, "V02")
    day, today = (local_day(now - timedelta(days=days)) for days in (90, 0))
    file = tmp_path / "ngay.csv"
    head = "Mã chỉ số;Ngày;Tách theo;Mã phần;Số;Trên tổng số;Nguồn\n"
    file.write_text(f"{head}V02;{day};platform;zalo;4;;báo cáo của phường\nV02;{today};;;9;;\n", encoding="utf-8")
    code, said = await typed(file, "--apply")
    assert (code, "B3 ngày này chưa hết" in said) == (1, True)
    days = [day - timedelta(days=n) for n in range(400)]
    rows = "".join(f"Q03;{one};;;12,5;{n + 1};\nQ01;{one};;;7;;\n" for n, one in enumerate(days))
    file.write_text(f"{head}V02;{day};platform;zalo;4;;báo cáo của phường\n{rows}", encoding="utf-8")
    code, said = await typed(file, "--apply")
    assert code == 0, said
    batch = said.partition("Import ")[2].partition(":")[0]
    asked = "SELECT indicator, toString(day), dimension, member, numerator, denominator, value FROM day_totals WHERE day = %(day)s ORDER BY 1"
    told = [
        ("Q01", str(day), "", "", 7, None, 7.0),
        ("Q03", str(day), "", "", 750_000, 1, 12.5),
        ("V02", str(day), "platform", "zalo", 4, None, 4.0),
    ]
    assert await comes(lambda: client.query(asked, {"day": day}) == told)
    edges = bucket_edges("day", milliseconds(now), 92)
    points = {local_day(moment(point.start_ms)): point for point in read_series(client, indicator("V02"), ward, edges)}
    assert (points[day].reading.figure, points[day - timedelta(days=1)].reading.known) == (4, False)
    assert {one.source_code for one in points[day].entered} == {"bao_cao_phuong"}
    assert shown(client, desk, "V02")[1:3] == before[1:3], "nothing is added to what this system counts"

    code, said = await typed(file, "--apply")
    assert (code, "0 changes, 801 rows there already" in said) == (0, True)
    assert [one.size for one in await desk.imports()] == [801]
    assert not (await desk.plan_undo(batch, Viewer("admin", frozenset({"leader"})))).changes
    await desk.send((await desk.plan_undo(batch, Viewer("admin", frozenset({"admin"})))).events)
    assert await comes(lambda: client.query("SELECT count() FROM day_totals") == [(0,)])
    points = {local_day(moment(point.start_ms)): point for point in read_series(client, indicator("V02"), ward, edges)}
    assert points[day].reading.figure == 1, "what a late event told of the day stands again"
    posts = tmp_path / "tin.jsonl"
    post = {"Loại sự kiện": "post.published", "platform": "zalo", "post_ref": "b", "topic_code": "cchc"}
    posts.write_text(json.dumps({**post, "published_at": now.isoformat()}), encoding="utf-8")
    code, said = await typed(posts)
    assert (code, "IOC tự nhận sự kiện này từ ngày" in said) == (1, True)


async def test_events_of_before_count_on_their_day_once_and_what_is_not_over_is_refused(
    stack: Stack, client: Client, desk: FigureDesk, typed: Typed, tmp_path: Path
) -> None:
    ward, first = desk.ingest.ward, local_day(desk.clock.now()) - timedelta(days=9)
    shared = "unit_id;procedure_code;field_code;channel;state_to;Họ tên người nộp"
    ended, begun = tmp_path / "ket-thuc.csv", tmp_path / "tiep-nhan.csv"
    head = f"Loại sự kiện;dossier_ref;{shared}"
    rows = [(f"H24.12-{n:04}", first + timedelta(days=n % 4)) for n in range(40)]
    described = "H24.12;1.005129;ho_tich;1;{state};Nguyễn Văn A"
    ended.write_text(
        f"{head};completed_at\n"
        + "".join(
            f"dossier.completed;{code};{described.format(state=9)};{day + timedelta(days=2):%d/%m/%Y} 16:00\n"
            for code, day in rows
        ),
        encoding="utf-8",
    )
    begun.write_text(
        f"{head};received_at;limit_value;limit_unit\n"
        + "".join(
            f"dossier.received;{code};{described.format(state=2)};{day:%d/%m/%Y} 08:30;3;ngay_lam_viec\n"
            for code, day in rows
        ),
        encoding="utf-8",
    )
    code, said = await typed(begun, "--apply")
    assert code == 1
    assert "A2 hồ sơ này chưa có sự kiện kết thúc: hôm nay sẽ còn tính trong D05" in said
    assert "Columns that are not read: Họ tên người nộp" in said
    for file in (ended, begun):
        code, said = await typed(file, "--apply")
        assert (code, "40 events written" in said) == (0, True), said
    edges = bucket_edges("day", milliseconds(desk.clock.now()), 11)

    def told(id: str) -> dict[date, float | None]:
        points = read_series(client, indicator(id), ward, edges)
        return {local_day(moment(point.start_ms)): point.reading.figure for point in points}

    assert await comes(lambda: all(told("D02")[first + timedelta(days=n)] == 10 for n in range(4)))
    assert await comes(lambda: all(told("D03")[first + timedelta(days=n + 2)] == 10 for n in range(4)))
    assert shown(client, desk, "D05").numerator == 0
    code, said = await typed(begun, "--apply")
    assert (code, "0 new events, 40 rows there already" in said) == (0, True)
    days = tmp_path / "ngay.csv"
    days.write_text(f"Mã chỉ số;Ngày;Số\nD02;{first};15\n", encoding="utf-8")
    code, said = await typed(days)
    assert (code, "B2 IOC đã đếm ngày này từ các sự kiện được nhập từ tệp" in said) == (1, True)
    await audited(client, desk)

    def then(minute: BoardMinute) -> list[tuple[int, int]]:
        place = ("D02", "flow", milliseconds(ward_moment(first, time())))
        told = recompute_as_of(client, ward, minute, "then", {place})[place]
        return [(value.numerator, value.denominator) for value in told if not value.dimension]

    minute = BoardMinute(milliseconds(desk.clock.now()), milliseconds(RealClock().now()))
    assert then(minute) == [(10, 0)]
    code, said = await typed("--undo", file_digest(ended), "--apply")
    assert (code, "40 times dossier has events of another import" in said) == (1, True), said
    code, said = await typed("--undo", file_digest(begun))
    assert (code, "40 events “Dossier received (dossier.received)”" in said, "Nothing was undone" in said) == (
        0,
        True,
        True,
    ), said
    for file in (begun, ended):
        code, said = await typed("--undo", file_digest(file), "--apply")
        assert (code, "40 events were taken back" in said) == (0, True), said
    assert await comes(lambda: all(not told("D02")[first + timedelta(days=n)] for n in range(4)))
    assert await comes(lambda: all(not told("D03")[first + timedelta(days=n + 2)] for n in range(4)))
    assert client.query("SELECT count(), uniqExact(id) FROM withdrawn_events") == [(80, 80)]
    await audited(client, desk)
    assert then(minute) == [(10, 0)], "what was shown before the undoing"
    undone = [one for one in corrected_figures(client, ward, "D02") if one.cause.kind == "dossier.import_withdrawn"]
    assert {(one.old, one.new) for one in undone} == {((10, 0), (0, 0))}

    # Who takes an import back is killed at each step of that.
    for step in ("copied", "moved"):
        for file in (ended, begun):
            code, said = await typed(file, "--apply")
            assert (code, "40 events written" in said) == (0, True), said
        assert await comes(lambda: all(told("D02")[first + timedelta(days=n)] == 10 for n in range(4)))
        stack.kill("streams")
        stack.start("streams", environment={"IOC_FAILPOINTS": f"withdrawal.{step}:1:kill"})
        undoing = asyncio.ensure_future(typed("--undo", file_digest(begun), "--apply"))
        assert await comes(lambda: stack.pid("streams") is None)
        stack.start("streams")
        code, said = await undoing
        assert (code, "40 events were taken back" in said) == (0, True), said
        assert await comes(lambda: all(not told("D02")[first + timedelta(days=n)] for n in range(4)))
        assert (await typed("--undo", file_digest(ended), "--apply"))[0] == 0
        assert await comes(lambda: all(not told("D03")[first + timedelta(days=n + 2)] for n in range(4)))
        await audited(client, desk)
    by_event = "SELECT uniqExact(id), count() FROM withdrawn_events GROUP BY kind"
    assert client.query(by_event) == [(40, 120)] * 2


async def test_the_pretend_ward_begins_with_what_its_people_know(
    stack: Stack, client: Client, desk: FigureDesk
) -> None:
    assert await asyncio.to_thread(enter_pretend_figures, stack.install, desk.clock) == 16
    assert await comes(lambda: shown(client, desk, "K26").figure == 88.64)
    assert agrees(client, desk, "K26")
    assert await asyncio.to_thread(enter_pretend_figures, stack.install, desk.clock) == 0
