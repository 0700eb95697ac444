"""`docs/figures.md`, written from the declarations: `python -m commands.developers.figures` after any of them has changed."""

import sys

from commands.install.settings import ROOT
from ingest.contract.label import Label
from warehouse.catalogue import measures
from warehouse.meaning import adds_up, period_of, steps_of
from warehouse.model.indicator import Derived, Indicator
from warehouse.proof.formula import FormulaTerm, formula_terms

FILE = ROOT / "docs" / "figures.md"

HEAD = """\
# Chỉ số / Figures

Viết từ khai báo, bằng `python -m commands.developers.figures`; một kiểm thử so lại. Mỗi chỉ số một mục, tiếng Việt trước. Trang “Kiểm chứng số liệu”,
từ điển `indicators` trong SQL và giao diện gửi thành phố lấy cùng các câu này. Ai nghi một số thì thêm một trường hợp vào `tests/figures/*.toml`.

Written from the declarations, by `python -m commands.developers.figures`; a test compares. One section a figure, Vietnamese first. The page of
proof, the dictionary `indicators` in SQL and the feed take the same sentences. Who doubts a figure adds a case to `tests/figures/*.toml`.

Định nghĩa đổi thì số lần và ngày đổi theo: số đã có trước ngày ấy được tính lại từ sự kiện gốc theo định nghĩa mới (mỗi dòng một lần sửa, revision); nơi
sự kiện gốc đã hết hạn lưu thì giữ số cũ, là số của định nghĩa trước ngày “từ”.

When a definition changes, so do its number and date: figures of before are recomputed from raw events by the new definition (each row a
revision); where raw events are gone, the old ones stay and are those of the definition before that date.
"""

DEFINITION = Label("Cách tính", "Definition")
NUMERATOR = Label("Tử số", "Numerator")
DENOMINATOR = Label("Mẫu số", "Denominator")
LEAVES_OUT = Label("Không tính", "Leaves out")
PERIOD = Label("Kỳ", "Period")
LAW = Label("Căn cứ", "Law")
ADDS_UP = Label("Cộng các dòng, các phường", "Rows and wards")
BASELINE = Label("Số nền", "Baseline")
VERSION = Label("Định nghĩa", "Definition number")


def figures_text() -> str:
    """The whole file."""
    return "\n".join([HEAD, *(_section(one) for one in measures())])


def _section(one: Indicator | Derived) -> str:
    rows: list[tuple[Label, Label]] = [(DEFINITION, one.definition)]
    rows += _sides(one)
    rows += [(LEAVES_OUT, one.leaves_out), (PERIOD, period_of(one)), (LAW, one.law), (ADDS_UP, adds_up(one))]
    rows += [(_capital(step), said) for step, said in steps_of(one)]
    if isinstance(one, Indicator) and (base := one.baseline):
        rows.append((BASELINE, Label(f"{base.id}, do phường nhập", f"{base.id}, which the ward enters")))
    rows.append(
        (
            VERSION,
            Label(f"lần {one.version}, từ {one.since:%d/%m/%Y}", f"number {one.version}, since {one.since:%Y-%m-%d}"),
        )
    )
    lines = [f"## {one.id} {one.label.vi} / {one.label.en} ({one.unit.label.vi})", "", "| | | |", "| --- | --- | --- |"]
    lines += [f"| {name.vi} / {name.en} | {_cell(said.vi)} | {_cell(said.en)} |" for name, said in rows]
    return "\n".join([*lines, ""])


def _sides(one: Indicator | Derived) -> list[tuple[Label, Label]]:
    if isinstance(one, Derived):
        return [(NUMERATOR, one.formula)]
    vi, en = formula_terms(one, "vi"), formula_terms(one, "en")
    found = []
    for name, is_numerator in ((NUMERATOR, True), (DENOMINATOR, False)):
        mine = [(a, b) for a, b in zip(vi, en, strict=True) if a.is_numerator == is_numerator]
        if mine:
            found.append(
                (
                    name,
                    Label(
                        " + ".join(_term(one, a, True) for a, _ in mine),
                        " + ".join(_term(one, b, False) for _, b in mine),
                    ),
                )
            )
    return found


def _term(one: Indicator, term: FormulaTerm, is_vi: bool) -> str:
    what = one.of.label.vi.lower() if is_vi else one.of.label.en.lower()
    of = (
        ("lớn nhất của" if is_vi else "largest of")
        if term.largest
        else (("tổng" if is_vi else "sum of") if term.amount else ("số" if is_vi else "number of"))
    )
    counted = f"{of} `{term.amount}`, {what}" if term.amount else f"{of} {what}"
    when = (f" lúc `{term.at}`" if is_vi else f" at `{term.at}`") if term.is_flow else (" bây giờ" if is_vi else " now")
    where = (f", khi `{term.where}`" if is_vi else f", such that `{term.where}`") if term.where else ""
    return counted + when + where


def _capital(label: Label) -> Label:
    return Label(label.vi.capitalize(), label.en.capitalize())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main() -> int:
    """Write the file."""
    FILE.write_text(figures_text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
