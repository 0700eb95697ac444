"""What people enter: numbers and periods as they write them, two pairs of eyes, corrections, files and their undoing."""

import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from dashboard.access.viewer import Viewer
from dashboard.entry import day_file
from dashboard.entry.act import Statement, confirm, enter, reject, withdraw
from dashboard.entry.amount import EntryRefused, amount_text, period_name, read_amounts, read_written_period
from dashboard.entry.change import ImportPlan, plan_import, plan_undo
from dashboard.entry.day_file import read_entry_file
from dashboard.entry.file import LARGEST, MOST_ROWS, read_figure_file
from dashboard.entry.template import DAYS, FIGURES, template_file
from ingest.contract.clock import milliseconds
from ingest.contract.event import Event
from ingest.contract.events.figure import FigureConfirmed, FigureEntered, FigureRejected, FigureWithdrawn
from warehouse.catalogue import day_kinds, entered_kinds, figure_kinds
from warehouse.figures.kind import read_period
from warehouse.query.day_totals import CountedDays
from warehouse.query.entered import EnteredFigure, FigureAct

AT = datetime(2026, 12, 3, 3, tzinfo=UTC)
LAN = Viewer("lan", frozenset({"leader", "analyst"}))
MINH = Viewer("minh", frozenset({"leader", "analyst"}))
ROOT = Viewer("admin", frozenset({"admin"}))
GUEST = Viewer("khach", frozenset({"leader"}))
KINDS = entered_kinds()


class Ledger(dict[str, EnteredFigure]):
    """What was entered, as the warehouse gives it back."""

    def take(self, *events: Event) -> None:
        for event in events:
            act = FigureAct(
                event.kind, milliseconds(event.occurred_at), event.model_dump(mode="json", exclude_none=True)
            )
            figure = self.figure(event.subject)
            self[event.subject] = figure._replace(acts=(*figure.acts, act))

    def figure(self, ref: str) -> EnteredFigure:
        return self.get(ref, EnteredFigure(ref, ()))


def statement(code: str, period: str, value: object, whole: object = None) -> Statement:
    kind = KINDS[code]
    return Statement(kind, read_written_period(kind, period), read_amounts(kind, value, whole))


@pytest.mark.parametrize(
    ("code", "value", "whole", "read"),
    [
        ("budget_revenue", "11.796", None, (11_796, 1)),
        ("budget_revenue", 11796.0, None, (11_796, 1)),
        ("budget_revenue", "-5", None, (-5, 1)),
        ("portal_score", "87,25", None, (8_725, 1)),
        ("portal_score", 87.2, None, (8_720, 1)),
        ("mooc_staff", "70", "1.000", (70, 1_000)),
        ("procedures_cut", "0", "12", (0, 12)),
        ("Q11", "11.796", None, (11_796, 1)),
        ("V01", "1.768", 1768, (1_768, 1_768)),
    ],
)
def test_numbers_are_read_exactly_as_people_write_them(code, value, whole, read):
    assert read_amounts(KINDS[code], value, whole) == read


@pytest.mark.parametrize(
    ("code", "value", "whole", "field"),
    [
        ("budget_revenue", "12,5", None, "value"),
        ("budget_revenue", "1.23", None, "value"),
        ("budget_revenue", "=A1+1", None, "value"),
        ("budget_revenue", "", None, "value"),
        ("budget_revenue", True, None, "value"),
        ("budget_revenue", "9" * 60, None, "value"),
        ("budget_revenue", float("inf"), None, "value"),
        ("portal_score", "100,01", None, "value"),
        ("mooc_staff", "5", None, "whole"),
        ("mooc_staff", "5", "0", "whole"),
        ("mooc_staff", "6", "5", "value"),
    ],
)
def test_what_is_no_number_or_out_of_range_is_refused_with_its_column(code, value, whole, field):
    with pytest.raises(EntryRefused) as refused:
        read_amounts(KINDS[code], value, whole)
    assert refused.value.field == field
    assert refused.value.said.vi != refused.value.said.en


@pytest.mark.parametrize(
    ("code", "text", "period", "said"),
    [
        ("mooc_staff", "11/2026", "2026-11", "tháng 11/2026"),
        ("mooc_staff", "Tháng 3/2026", "2026-03", "tháng 03/2026"),
        ("population", "Quý 3/2026", "2026-Q3", "quý 3/2026"),
        ("reform_index", 2026, "2026", "năm 2026"),
        ("Q11", "01/07/2025-29/08/2025", "2025-07-01/2025-08-29", "01/07/2025–29/08/2025"),
    ],
)
def test_periods_are_read_as_people_write_them(code, text, period, said):
    found = read_written_period(KINDS[code], text)
    assert found.code == period
    assert read_written_period(KINDS[code], found.code) == found
    assert period_name(period, "vi") == said


@pytest.mark.parametrize("text", ["13/2026", "Quý 3/2026", "2026", "", "11/26", "2026-02-30/2026-03-01"])
def test_another_period_than_the_kinds_is_refused(text):
    with pytest.raises(EntryRefused, match="tháng"):
        read_written_period(KINDS["mooc_staff"], text)


def test_every_kind_says_who_and_when():
    for kind in figure_kinds().values():
        assert {kind.enters, kind.confirms or "admin"} <= {"leader", "analyst", "admin"}
        assert kind.due(kind.last_period(AT.date())) > kind.last_period(AT.date()).last
        assert kind.law.vi
    assert figure_kinds()["population"].last_period(AT.date()).code == "2026-Q3"
    assert len({kind.id for kind in KINDS.values()}) == len(KINDS)


def test_a_second_person_confirms_before_it_counts():
    ledger, what = Ledger(), statement("mooc_staff", "11/2026", "70", "80")
    with pytest.raises(EntryRefused, match="may not enter"):
        enter(what, ledger.figure(what.ref), GUEST, AT)
    entered = enter(what, ledger.figure(what.ref), LAN, AT)
    assert type(entered) is FigureEntered
    ledger.take(entered)
    figure = ledger[what.ref]
    assert figure.standing is None
    with pytest.raises(EntryRefused, match="second person"):
        confirm(what.kind, figure, LAN, AT)
    confirmed = confirm(what.kind, figure, MINH, AT + timedelta(minutes=1))
    assert isinstance(confirmed, FigureConfirmed)
    assert (confirmed.who, confirmed.entered_by, confirmed.numerator) == ("minh", "lan", 70)
    ledger.take(confirmed)
    assert ledger[what.ref].standing.stated == (70, 80)
    assert ledger[what.ref].draft is None


def test_a_correction_needs_a_reason_and_what_stood_stands_until_it_is_confirmed():
    ledger, what = Ledger(), statement("mooc_staff", "11/2026", "70", "80")
    ledger.take(enter(what, ledger.figure(what.ref), LAN, AT))
    ledger.take(confirm(what.kind, ledger[what.ref], MINH, AT))
    with pytest.raises(EntryRefused, match="already"):
        enter(what, ledger[what.ref], LAN, AT)
    better = statement("mooc_staff", "11/2026", "71", "80")
    with pytest.raises(EntryRefused, match="say why"):
        enter(better, ledger[what.ref], LAN, AT)
    ledger.take(enter(better, ledger[what.ref], LAN, AT, "go_nham"))
    assert ledger[what.ref].standing.stated == (70, 80)
    rejected = reject(what.kind, ledger[what.ref], MINH, AT)
    assert type(rejected) is FigureRejected
    ledger.take(rejected)
    assert (ledger[what.ref].standing.stated, ledger[what.ref].draft) == ((70, 80), None)
    ledger.take(enter(better, ledger[what.ref], LAN, AT, "don_vi_sua"))
    ledger.take(confirm(what.kind, ledger[what.ref], MINH, AT))
    assert ledger[what.ref].standing.stated == (71, 80)
    assert ledger[what.ref].standing.data["reason_code"] == "don_vi_sua"
    ledger.take(withdraw(what.kind, ledger[what.ref], MINH, AT))
    assert ledger[what.ref].standing is None


def test_the_same_click_twice_is_one_event_and_a_period_to_come_is_none():
    what = statement("budget_revenue", "11/2026", "5")
    first, again = (enter(what, EnteredFigure(what.ref, ()), LAN, AT + timedelta(seconds=n)) for n in (0, 9))
    assert first.natural_id("/x") == again.natural_id("/x")
    other = enter(what._replace(amounts=(6, 1)), EnteredFigure(what.ref, ()), LAN, AT)
    assert other.natural_id("/x") != first.natural_id("/x")
    with pytest.raises(EntryRefused, match="not begun"):
        enter(statement("budget_revenue", "1/2027", "5"), EnteredFigure("x", ()), LAN, AT)


HEAD = "Mã chỉ tiêu;Kỳ;Số;Trên tổng số;Nguồn;Mức;Ngày của nguồn;Lý do sửa\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "so-lieu.csv"
    file.write_text(HEAD + text, encoding="utf-8-sig")
    return file


def test_a_file_tells_what_it_would_change_and_the_same_again_changes_nothing(tmp_path):
    file = read_figure_file(
        written(tmp_path, "Q11;01/07/2025-29/08/2025;11.796;;Báo cáo của phường;;suy ra\nmooc_staff;11/2026;70;80\n")
    )
    ledger = Ledger()
    plan = plan_import(file, ledger, ROOT, AT)
    assert [(change.kind, change.before) for change in plan.changes] == [("new", None)] * 2
    assert [type(event) for event in plan.events] == [FigureConfirmed, FigureEntered]
    assert isinstance(plan.events[0], FigureConfirmed)
    assert (plan.events[0].source_code, plan.events[0].dates) == ("bao_cao_phuong", "suy_ra")
    assert len(ledger) == 0, "nothing is done before it is sent"
    ledger.take(*plan.events)
    again = plan_import(file, ledger, ROOT, AT)
    assert (again.events, again.same, again.faults) == ([], 2, [])


def test_no_day_of_a_baseline_counts_twice(tmp_path):
    ledger, before = Ledger(), statement("Q11", "2025-07-01/2025-08-29", "11.796")
    ledger.take(enter(before, ledger.figure(before.ref), ROOT, AT))
    text = "Q11;01/08/2025-31/08/2025;5\nQ11;30/08/2025-30/08/2025;5\nQ11;30/08/2025-31/08/2025;6\nP01;01/08/2025-31/08/2025;5\n"
    plan = plan_import(read_figure_file(written(tmp_path, text)), ledger, ROOT, AT)
    assert [fault.cell for fault in plan.faults] == ["B2", "B4"]
    assert "01/07/2025–29/08/2025" in plan.faults[0].said.vi
    assert [change.statement.period.code[:10] for change in plan.changes] == ["2025-08-30", "2025-08-01"]


def test_an_import_is_undone_by_corrections(tmp_path):
    ledger, before = Ledger(), statement("Q11", "2025-07-01/2025-08-29", "11.000")
    ledger.take(enter(before, ledger.figure(before.ref), ROOT, AT))
    text = (
        "Q11;2025-07-01/2025-08-29;11.796;;;;;gõ nhầm\nP01;2025-07-01/2025-08-29;7\nmooc_staff;11/2026;70;80\n"
        "D02;2025-07-01/2025-08-29;4.293\n"
    )
    plan = plan_import(read_figure_file(written(tmp_path, text)), ledger, ROOT, AT)
    ledger.take(*plan.events)
    later = statement("D02", "2025-07-01/2025-08-29", "4.294")
    ledger.take(enter(later, ledger[later.ref], ROOT, AT, "go_nham"))
    undone = plan_undo(plan.batch, ledger, ROOT, AT)
    assert [(one.statement.kind.code, type(one.event)) for one in undone.changes] == [
        ("Q11", FigureConfirmed),
        ("P01", FigureWithdrawn),
        ("mooc_staff", FigureRejected),
    ]
    assert "D02" in undone.faults[0].said.vi, "what somebody changed since then is left as it is"
    ledger.take(*undone.events)
    assert ledger[before.ref].standing.stated == (11_000, 1)
    assert ledger["P01:2025-07-01/2025-08-29"].standing is None
    assert plan_undo(plan.batch, ledger, ROOT, AT).events == []


def test_what_is_wrong_is_named_by_its_cell(tmp_path):
    text = "mooc_staff;11/2026;81;80\nkhong_co;11/2026;1\nmooc_teams;13/2026;1;2\nportal_score;11/2026;87,255\nK;;\n"
    text += "mooc_teams;11/2026;1\nmooc_teams;10/2026;1;2;tôi nghĩ\nhealth_book;11/2026;1;2\nhealth_book;11/2026;1;2\n"
    file = read_figure_file(written(tmp_path, text))
    assert [fault.cell for fault in file.faults] == ["C2", "A3", "B4", "C5", "A6", "D7", "E8", "B10"]
    assert [one.row.number for one in file.rows] == [9]
    assert "dòng 9" in file.faults[-1].said.vi


def test_a_file_is_bounded_and_no_formula_is_calculated(tmp_path):
    big = tmp_path / "big.csv"
    big.write_bytes(HEAD.encode() + b"x" * LARGEST)
    with pytest.raises(EntryRefused, match="byte"):
        read_figure_file(big)
    long = written(tmp_path, "mooc_staff;11/2026;1;2\n" * (MOST_ROWS + 1))
    assert len(read_figure_file(long).faults) == 50, "it is another file than it should be"
    other = tmp_path / "other.csv"
    other.write_text("a;b\n1;2\n")
    with pytest.raises(EntryRefused, match="columns"):
        read_figure_file(other)
    book = Workbook()
    sheet = book.active
    sheet.append(HEAD.strip().split(";"))
    sheet.append(["mooc_staff", "11/2026", "=1+1", 80])
    sheet.append(["budget_revenue", "11/2026", 5])
    book.save(tmp_path / "book.xlsx")
    file = read_figure_file(tmp_path / "book.xlsx")
    assert [one.statement.kind.code for one in file.rows] == ["budget_revenue"]
    assert [fault.cell for fault in file.faults] == ["C2"]
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/sharedStrings.xml", b"0" * 30_000_000)
    with pytest.raises(EntryRefused, match="cannot be read"):
        read_figure_file(tmp_path / "bomb.xlsx")


def test_the_templates_name_what_is_due_and_can_be_read_back(tmp_path):
    csv, xlsx = tmp_path / "mau.csv", tmp_path / "mau.xlsx"
    csv.write_bytes(template_file(FIGURES, "csv", AT.date()))
    xlsx.write_bytes(template_file(FIGURES, "xlsx", AT.date()))
    rows = list(load_workbook(xlsx).active.iter_rows(values_only=True))
    assert len(rows) == len(figure_kinds()) + 1
    assert ("population", "quý 3/2026") in [row[:2] for row in rows]
    for file in (csv, xlsx):
        faults = read_figure_file(file).faults
        assert {fault.cell[0] for fault in faults} == {"C"}, "only the numbers are missing"


def test_what_was_entered_is_said_with_its_parts():
    assert amount_text(KINDS["mooc_staff"].indicator, True, (70, 80), "vi").replace("\xa0", " ") == "70/80 = 87,50 %"
    assert amount_text(KINDS["portal_score"].indicator, False, (8_725, 1), "vi").replace("\xa0", " ") == "87,25 điểm"
    assert read_period("2026-Q4").last.isoformat() == "2026-12-31"


DAY_HEAD = "Mã chỉ số;Ngày;Tách theo;Mã phần;Số;Trên tổng số;Nguồn;Lý do sửa\n"
COUNTED = {id: CountedDays(date(2026, 11, 20), frozenset({date(2026, 6, 1)})) for id in day_kinds()}


def day_plan(tmp_path: Path, rows: str, known: Ledger, person: Viewer = ROOT) -> ImportPlan:
    file = tmp_path / "ngay.csv"
    file.write_text(DAY_HEAD + rows, encoding="utf-8")
    return plan_import(read_entry_file(file), known, person, AT, COUNTED)


def test_totals_of_days_are_entered_corrected_and_undone_as_figures_are(tmp_path):
    ledger = Ledger()
    rows = "D02;05/03/2026;;;25;;báo cáo của phường;\nQ03;2026-03-05;;;1.234,5;80;;\nD10;05/03/2026;field_code;dat_dai;9;10;;\n"
    plan = day_plan(tmp_path, rows, ledger)
    assert not plan.faults
    ledger.take(*plan.events)
    assert [figure.standing.stated for figure in ledger.values()] == [(25, 1), (74_070_000, 80), (9, 10)]
    part = ledger["day.D10:2026-03-05/2026-03-05:field_code:dat_dai"].standing
    assert (part.data["dimension"], part.data["member"]) == ("field_code", "dat_dai")
    assert day_plan(tmp_path, rows, ledger).same == 3
    corrected = day_plan(tmp_path, "D02;05/03/2026;;;26;;;gõ nhầm\n", ledger)
    ledger.take(*corrected.events)
    undone = plan_undo(corrected.batch, ledger, ROOT, AT)
    ledger.take(*undone.events)
    assert ledger["day.D02:2026-03-05/2026-03-05"].standing.stated == (25, 1)
    ledger.take(*plan_undo(plan.batch, ledger, ROOT, AT).events)
    assert [figure.standing for figure in ledger.values()][1:] == [None, None]


@pytest.mark.parametrize(
    ("row", "cell", "why"),
    [
        ("D02;20/11/2026;;;25;;;", "B2", "tự đếm D02 từ ngày 20/11/2026"),
        ("D02;03/12/2026;;;25;;;", "B2", "chưa hết"),
        ("D02;01/06/2026;;;25;;;", "B2", "sự kiện được nhập từ tệp"),
        ("D02;30/06/2025;;;25;;;", "B2", "hoạt động từ 01/07/2025"),
        ("D02;31/02/2026;;;25;;;", "B2", "không phải là ngày"),
        ("D02;05/03/2026;;;-1;;;", "E2", "phải từ 0"),
        ("D02;05/03/2026;;;2,5;;;", "E2", "chữ số thập phân"),
        ("D02;05/03/2026;;;25;30;;", "F2", "để trống"),
        ("D10;05/03/2026;;;9;;;", "F2", "cần tổng số"),
        ("D10;05/03/2026;;;9;8;;", "E2", "lớn hơn tổng số"),
        ("D05;05/03/2026;;;9;;;", "A2", "tại một thời điểm"),
        ("Q04;05/03/2026;;;9;;;", "A2", "tử số và mẫu số không nói được"),
        ("D04;05/03/2026;;;9;;;", "A2", "được tính từ"),
        ("H06;05/03/2026;;;9;9;;", "A2", "chính IOC đo"),
        ("X99;05/03/2026;;;9;;;", "A2", "không có chỉ số"),
        ("D02;05/03/2026;phong;A;9;;;", "C2", "không tách theo"),
        ("D02;05/03/2026;;A;9;;;", "C2", "phải ghi tách theo gì"),
        ("P01;05/03/2026;channel;0912345678;9;;;", "D2", "không phải là mã"),
        ("D02;05/03/2026;;;9;;;\nD02;05/03/2026;channel;direct;4;;;", "C3", "hoặc ghi tổng, hoặc tách"),
        ("D02;05/03/2026;;;9;;;\nD02;5/3/2026;;;9;;;", "A3", "đã có ở dòng 2"),
    ],
)
def test_a_total_of_a_day_that_cannot_stand_is_named_by_its_cell(tmp_path, row, cell, why):
    plan = day_plan(tmp_path, row, Ledger())
    assert [fault.cell for fault in plan.faults] == [cell]
    assert why in plan.faults[0].said.vi


def test_who_may_not_enter_days_and_a_file_of_too_many(tmp_path, monkeypatch):
    assert day_plan(tmp_path, "D02;05/03/2026;;;25;;;", Ledger(), LAN).faults
    rows = [
        f"{id};{date(2025, 7, 1) + timedelta(days=n)};;;1;{'' if id == 'D02' else 1};;\n"
        for id in ("D02", "D10")
        for n in range(300)
    ]
    assert not day_plan(tmp_path, "".join(rows), Ledger()).faults
    monkeypatch.setattr(day_file, "MOST_ROWS", 599)
    with pytest.raises(EntryRefused, match="hơn 599 dòng"):
        day_plan(tmp_path, "".join(rows), Ledger())


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_of_days_can_be_filled_in(tmp_path, kind):
    file = tmp_path / f"ngay.{kind}"
    file.write_bytes(template_file(DAYS, kind, AT.date()))
    read = read_entry_file(file)
    assert len(read.faults) == len(day_kinds())
    assert {fault.cell[0] for fault in read.faults} == {"E"}
