"""Rows of files: as spreadsheets and other systems write them, and as nobody should."""

import re
import struct
import tracemalloc
import zipfile
from datetime import date, datetime, timedelta
from itertools import islice

import pytest
from openpyxl import Workbook

from ingest.contract.connector import FileDrop
from ingest.contract.errors import InvalidEvent
from ingest.files import table
from ingest.files.table import LARGEST_PART, column_name, table_rows
from ingest.files.tcvn3 import from_tcvn3

HEADER = ["Ngày đăng", "Nền tảng", "Số lượt"]


def way(**changed):
    return FileDrop(**{"sign_of_life": timedelta(days=1), "needs": frozenset(["Ngày đăng"]), **changed})


def csv_of(folder, content, name="f.csv"):
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def xlsx_of(folder, *lines, name="f.xlsx", title="Trang 1"):
    book = Workbook()
    book.active.title = title
    for line in lines:
        book.active.append(line)
    book.save(folder / name)
    return folder / name


def refusal(file, **changed):
    with pytest.raises(InvalidEvent) as fault:
        list(table_rows(file, way(**changed)))
    return fault.value.reason


WANTED = [(2, {"Ngày đăng": "01/07/2026", "Nền tảng": "Zalo", "Số lượt": "1.234,5"}), (4, {"Ngày đăng": "02/07/2026"})]
TEXT = 'Ngày đăng;Nền tảng;Số lượt\r\n01/07/2026;Zalo;"1.234,5"\r\n;;\r\n02/07/2026;;\r\n'


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("utf-16"), "utf-8"),
        (TEXT.replace(";", "\t").encode(), "utf-8"),
        (TEXT.replace(";", "|").replace("\r\n", "\n").encode(), "utf-8"),
        ("Nga\u0300y đăng;Nê\u0300n ta\u0309ng;Số lượt\n".encode() + TEXT.split("\r\n", 1)[1].encode(), "utf-8"),
    ],
)
def test_csv_as_it_is_written(tmp_path, content, encoding):
    assert [(one.number, one.cells) for one in table_rows(csv_of(tmp_path, content), way(encoding=encoding))] == WANTED


def test_windows_1258_and_tcvn3(tmp_path):
    line = "Ngày đăng,Nội dung\n"
    composed = line.replace("à", "a\u0300").replace("ộ", "ô\u0323").encode("cp1258")
    (row,) = table_rows(csv_of(tmp_path, composed + b"1,2"), way(encoding="windows-1258"))
    assert row.cells == {"Ngày đăng": "1", "Nội dung": "2"}
    old = "Ngµy ®¨ng,Céng hßa x· héi chñ nghÜa ViÖt Nam - §éc lËp Tù do H¹nh phóc\n1,2".encode("latin-1")
    (row,) = table_rows(csv_of(tmp_path, old), way(encoding="tcvn3"))
    assert list(row.cells) == ["Ngày đăng", "Cộng hòa xã hội chủ nghĩa Việt Nam - Độc lập Tự do Hạnh phúc"]


def test_tcvn3_has_every_small_letter_once():
    letters = "àảãáạằẳẵắặăầẩẫấậâèẻẽéẹềểễếệêìỉĩíịòỏõóọồổỗốộôờởỡớợơùủũúụừửữứựưỳỷỹýỵđ"
    made = [from_tcvn3(chr(code)) for code in range(0xA1, 0xFF) if code != 0xE0]  # which it does not use
    assert sorted(one for one in made if one in letters) == sorted(letters)
    assert from_tcvn3("abc 123 .,;") == "abc 123 .,;"


def test_a_workbook_s_values_and_never_its_formulas(tmp_path):
    file = xlsx_of(
        tmp_path, ["BÁO CÁO", None, None], HEADER,
        [datetime.fromisoformat("2026-07-01T08:30:00"), "Zalo", 5], [date(2026, 7, 2), "=HYPERLINK(\"http://x\")", 1.5], [None, "", None], ["01/07/2026", True, None],
    )  # fmt: skip
    assert [(one.number, one.cells) for one in table_rows(file, way(header_row=2))] == [
        (3, {"Ngày đăng": "2026-07-01T08:30:00", "Nền tảng": "Zalo", "Số lượt": 5}),
        (4, {"Ngày đăng": "2026-07-02T00:00:00", "Số lượt": 1.5}),
        (6, {"Ngày đăng": "01/07/2026", "Nền tảng": True}),
    ]


def test_a_sheet_by_its_name(tmp_path):
    file = xlsx_of(tmp_path, ["Ngày đăng"], ["x"], title="Tháng 7")
    assert len(list(table_rows(file, way(sheet="Tháng 7")))) == 1
    assert refusal(file, sheet="Tháng 8") == "not_xlsx"


def test_old_fonts_in_a_workbook(tmp_path):
    (row,) = table_rows(xlsx_of(tmp_path, ["Ngµy ®¨ng"], ["ViÖt Nam"]), way(encoding="tcvn3"))
    assert row.cells == {"Ngày đăng": "Việt Nam"}


def test_shared_texts_as_excel_writes_them(tmp_path):
    def shared(parts):
        sheet = parts["xl/worksheets/sheet1.xml"].decode()
        texts = re.findall(r"<is>(.*?)</is>", sheet)
        numbers = iter(range(len(texts)))
        sheet = re.sub(r't="inlineStr"><is>.*?</is>', lambda _: f't="s"><v>{next(numbers)}</v>', sheet)
        parts["xl/worksheets/sheet1.xml"] = sheet.encode()
        name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        items = "".join(f"<si>{one}</si>" for one in texts)
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{name}">{items}</sst>'.encode()
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", override.encode())

    (row,) = table_rows(rewritten(xlsx_of(tmp_path, HEADER, ["01/07/2026", "Zalo"]), shared), way())
    assert row.cells == {"Ngày đăng": "01/07/2026", "Nền tảng": "Zalo"}


def test_names_of_columns():
    assert column_name(" Ngày\n  đăng ") == "Ngày đăng"


def test_what_cannot_be_read_is_refused_in_words(tmp_path, monkeypatch):
    assert refusal(csv_of(tmp_path, "a,b\n1,2")) == "missing_columns"
    assert refusal(csv_of(tmp_path, "")) == "missing_columns"
    assert refusal(csv_of(tmp_path, "Ngày đăng,x,x\n1,2,3")) == "duplicate_columns"
    assert refusal(csv_of(tmp_path, "Ngày đăng\n".encode("cp1252", "replace") + b"\xe9\xff")) in (
        "encoding",
        "missing_columns",
    )
    assert refusal(csv_of(tmp_path, b"Ng\xc3\xa0y \xc4\x91\xc4\x83ng\n\xff\xff")) == "encoding"
    assert refusal(csv_of(tmp_path, "Ngày đăng\n" + "x" * 200_000)) == "not_csv"
    assert refusal(csv_of(tmp_path, "x", "f.xls")) == "unknown_kind"
    assert refusal(csv_of(tmp_path, "no zip", "f.xlsx")) == "not_xlsx"
    with zipfile.ZipFile(tmp_path / "e.xlsx", "w") as empty:
        empty.writestr("a", "b")
    assert refusal(tmp_path / "e.xlsx") == "not_xlsx"
    monkeypatch.setattr(table, "MOST_ROWS", 3)
    assert refusal(csv_of(tmp_path, "Ngày đăng\n" + "1\n" * 9)) == "too_many_rows"
    assert refusal(xlsx_of(tmp_path, ["Ngày đăng"], *[["1"]] * 9)) == "too_many_rows"


def test_a_file_of_200_megabytes_is_refused_unread(tmp_path):
    file = tmp_path / "large.csv"
    with file.open("wb") as opened:
        opened.truncate(200 * 1_000_000)
    assert refusal(file) == "too_large"


def rewritten(file, change):
    """The workbook with some of its parts changed."""
    with zipfile.ZipFile(file) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    change(parts)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return file


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    bomb = b"<t>" + b" " * (LARGEST_PART + 1) + b"</t>"
    file = rewritten(xlsx_of(tmp_path, HEADER, ["1"]), lambda parts: parts.update({"xl/sharedStrings.xml": bomb}))
    assert file.stat().st_size < 100_000
    assert refusal(file) == "too_large"
    many = rewritten(
        xlsx_of(tmp_path, HEADER, name="m.xlsx"),
        lambda parts: parts.update({f"xl/worksheets/sheet{n}.xml": b"" for n in range(1_100)}),
    )
    assert refusal(many) == "too_large"


def test_a_bomb_that_lies_about_its_size_unpacks_to_no_more_than_it_says(tmp_path):
    def swell(parts):
        parts["xl/worksheets/sheet1.xml"] += b" " * (60_000_000 - len(parts["xl/worksheets/sheet1.xml"]))

    file = rewritten(xlsx_of(tmp_path, HEADER, ["1"]), swell)
    content = bytearray(file.read_bytes())
    content = content.replace(struct.pack("<I", 60_000_000), struct.pack("<I", 1_000))
    file.write_bytes(content)
    tracemalloc.start()
    assert refusal(file) == "not_xlsx"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30_000_000


def test_entities_and_broken_sheets_are_refused(tmp_path):
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    for content in (laughs, b"<worksheet><sheetData><row><c></worksheet>", b"\0" * 50):
        file = xlsx_of(tmp_path, HEADER, ["1"])
        assert refusal(
            rewritten(file, lambda parts, content=content: parts.update({"xl/worksheets/sheet1.xml": content}))
        ) in ("not_xlsx", "missing_columns")


def test_a_row_far_down_and_a_cell_far_out_cost_nothing(tmp_path):
    def far(parts):
        sheet = parts["xl/worksheets/sheet1.xml"].decode()
        parts["xl/worksheets/sheet1.xml"] = sheet.replace(
            "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        ).encode()

    file = rewritten(xlsx_of(tmp_path, HEADER, ["1"]), far)
    assert [one.cells for one in islice(table_rows(file, way()), 1)] == [{"Ngày đăng": "1"}]
    assert refusal(file) == "too_many_rows"
