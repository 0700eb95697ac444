"""A list of devices is taken as a whole or not at all, and what is wrong with it is named by its row."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from ingest.contract.connector import ProbedDevice, host_and_port
from ingest.contract.errors import InvalidEvent
from ingest.probe.device_list import MOST_DEVICES, list_file, read_devices

HEAD = "Mã;Loại;Nơi đặt;Theo dõi;Địa chỉ;Người sử dụng\n"


def listed(tmp_path: Path, *lines: str) -> tuple[ProbedDevice, ...]:
    (tmp_path / "equipment.csv").write_text(HEAD + "\n".join(lines), encoding="utf-8")
    return read_devices(tmp_path / "equipment.csv")


def test_vietnamese_words_become_codes_and_nothing_else_is_read(tmp_path: Path) -> None:
    printer, line, kiosk, speaker = listed(
        tmp_path,
        "MI-01;Máy in;Quầy 3;SNMP;192.168.1.20;Nguyễn Văn An",
        'FTTH-01;Đường truyền;Phòng máy;ping;"8.8.8.8; 1.1.1.1"',
        "KIOSK-02;Kiosk tra cứu;Sảnh;tự báo;",
        "LOA-S1;Loa sảnh;Sảnh;không",
    )
    assert (printer.category, printer.place, printer.by, printer.addresses) == (
        "may_in",
        "quay_3",
        "snmp",
        ("192.168.1.20",),
    )
    assert (line.category, line.addresses) == ("duong_truyen", ("8.8.8.8", "1.1.1.1"))
    assert (kiosk.by, speaker.by) == ("heartbeat", "unwatched")


def test_a_workbook_goes_before_a_text(tmp_path: Path) -> None:
    assert list_file(tmp_path, "equipment") is None
    listed(tmp_path, "MI-01;Máy in;;không")
    book = Workbook()
    book.active.append(["Mã", "Loại", "Theo dõi", "Địa chỉ"])
    book.active.append(["MT-01", "Máy tính", "TCP", "10.0.0.5:3389"])
    book.save(tmp_path / "equipment.xlsx")
    file = list_file(tmp_path, "equipment")
    assert file == tmp_path / "equipment.xlsx"
    assert [one.device for one in read_devices(file)] == ["MT-01"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("MI-01;Máy in;;SNMP;", "row 3.*needs an address"),
        ("MI 01;Máy in;;không", "row 3, device"),
        ("MI-01;Máy in;;telnet;10.0.0.1", "row 3, by"),
        ("MI-01;Máy in;;TCP;10.0.0.1", "host:port"),
        ("MI-01;Máy in;;HTTP;http://a:b@10.0.0.1/", "http://host"),
        ("MI-01;Máy in;;ping;http://10.0.0.1", "host"),
        ("MT-01;Máy tính;;không", "row 3: Mã"),
        ("0912345678;Máy in;;không", "row 3, device"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(InvalidEvent, match=told):
        listed(tmp_path, "MT-01;Máy tính;;không", line)


def test_a_list_has_an_end_and_its_columns(tmp_path: Path) -> None:
    with pytest.raises(InvalidEvent, match="more than"):
        listed(tmp_path, *(f"MT-{number};Máy tính;;không" for number in range(MOST_DEVICES + 1)))
    (tmp_path / "equipment.csv").write_text("Tên,Loại\n", encoding="utf-8")
    with pytest.raises(InvalidEvent, match="Mã, Theo dõi"):
        read_devices(tmp_path / "equipment.csv")


def test_addresses() -> None:
    assert host_and_port("fe80::1", "ping") == ("fe80::1", 0)
    assert host_and_port("[fe80::1]:9100", "tcp") == ("fe80::1", 9100)
    assert host_and_port("may-in.lan", "snmp") == ("may-in.lan", 161)
    assert host_and_port("https://kiosk.lan/status", "http") == ("kiosk.lan", 443)
    wrong: list[tuple[str, Any]] = [
        ("a b", "ping"),
        ("host:70000", "tcp"),
        ("-x", "ping"),
        ("ftp://x/", "http"),
        ("", "ping"),
    ]
    for address, by in wrong:
        with pytest.raises(ValueError, match="has the form"):
            host_and_port(address, by)
