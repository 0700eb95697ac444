"""Entering figures with the page alone: one person enters, another confirms; a file shows what it would change, and history marks days of before."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import shown

pytestmark = [pytest.mark.browser, pytest.mark.long]


def enter(page, url, value, whole):
    page.goto(f"{url}/entry?lang=vi")
    shown(page)
    page.locator("#entry-kind").click()
    page.get_by_role("option", name="Cán bộ hoàn thành khóa MOOCs").click()
    expect(page.locator("#entry-period")).to_have_value(re.compile(r"tháng \d\d/2026"))
    page.locator("#entry-value").fill(value)
    page.locator("#entry-whole").fill(whole)
    page.get_by_role("button", name="Nhập", exact=True).click()


def test_one_person_enters_another_confirms_and_the_figure_stands(open_board, stack, tmp_path):
    url = stack.install.board.url
    with open_board(rights=("leader", "analyst")) as page:
        enter(page, url, "90", "80")
        expect(page.locator("#entry-fault")).to_contain_text("lớn hơn tổng số")
        enter(page, url, "70", "80")
        expect(page.locator("#entry-done")).to_have_text("Đã ghi.")
        expect(page.locator("#entry-due")).to_contain_text("chờ xác nhận")
    with open_board(rights=("leader",)) as page:
        page.goto(f"{url}/entry?lang=vi")
        shown(page)
        page.locator("#entry-draft").click()
        page.get_by_role("option", name="70/80").click()
        page.get_by_role("button", name="Xác nhận", exact=True).click()
        expect(page.locator("#entry-done")).to_have_text("Đã ghi.")
        page.goto(f"{url}/figures?lang=vi")
        shown(page)
        expect(page.locator("#k01-figure")).to_have_text(re.compile("87,50"))
        expect(page.locator("#k01-period")).to_contain_text("tháng")
        page.goto(f"{url}/proof/K01?lang=vi")
        expect(page.locator("#proof-verdict")).to_contain_text("KHỚP")
    file = tmp_path / "so.csv"
    file.write_text("Mã chỉ tiêu;Kỳ;Số\nbudget_revenue;10/2026;1.500\nkhong_co;10/2026;1\n", encoding="utf-8-sig")
    with open_board(rights=("leader", "analyst")) as page:
        page.goto(f"{url}/entry?lang=vi")
        shown(page)
        page.locator("#entry-upload input").set_input_files(file)
        expect(page.locator("#entry-plan")).to_contain_text("A3")
        expect(page.locator("#entry-apply")).to_be_disabled()
        mended = tmp_path / "so-2.csv"
        mended.write_text("Mã chỉ tiêu;Kỳ;Số\nbudget_revenue;10/2026;1.500\n", encoding="utf-8-sig")
        page.locator("#entry-upload input").set_input_files(mended)
        expect(page.locator("#entry-apply")).to_be_enabled()
        expect(page.locator("#entry-plan")).to_contain_text("1.500")
        page.locator("#entry-apply").click()
        expect(page.locator("#entry-done")).to_have_text("Đã ghi 1 số.")


def test_an_administrator_imports_what_was_counted_before_and_history_marks_it(open_board, stack, tmp_path):
    url = stack.install.board.url
    days, dossiers = tmp_path / "ngay.csv", tmp_path / "ho-so.csv"
    days.write_text("Mã chỉ số;Ngày;Số;Nguồn\nV02;02/07/2025;41;báo cáo của phường\n", encoding="utf-8-sig")
    dossiers.write_text(
        "Loại sự kiện;dossier_ref;unit_id;procedure_code;field_code;channel;state_to;received_at;limit_value;limit_unit;Họ tên\n"
        "dossier.received;H24.12-0001;H24.12;1.005129;ho_tich;1;2;05/03/2026 08:30;3;ngay_lam_viec;Nguyễn Văn An\n",
        encoding="utf-8-sig",
    )
    with open_board(rights=("leader", "admin", "analyst")) as page:
        page.goto(f"{url}/entry?lang=vi")
        shown(page)
        page.locator("#entry-upload input").set_input_files(dossiers)
        expect(page.locator("#entry-plan")).to_contain_text("chưa có sự kiện kết thúc")
        expect(page.locator("#entry-plan")).to_contain_text("Không đọc các cột: Họ tên")
        expect(page.locator("#entry-apply")).to_be_disabled()
        page.locator("#entry-upload input").set_input_files(days)
        expect(page.locator("#entry-plan")).to_contain_text("02/07/2025")
        expect(page.locator("#entry-apply")).to_be_enabled()
        page.locator("#entry-apply").click()
        expect(page.locator("#entry-done")).to_have_text("Đã ghi 1 số.")
        page.goto(f"{url}/history/V02?lang=vi&grain=day&span=7&at=2025-07-05T23:59")
        expect(page.locator("#timeline-table")).to_contain_text("02/07/2025 · theo số liệu nhập: báo cáo của phường")
        page.goto(f"{url}/proof/V02?lang=vi")
        expect(page.locator("#proof-windows")).to_contain_text("tổng của 1 ngày do phường nhập (báo cáo của phường)")
