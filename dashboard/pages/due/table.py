"""Due table: the dossiers that are near due or overdue as rows and as a spreadsheet, all or those of the field that the address names."""

from collections import Counter
from fractions import Fraction
from typing import Any
from urllib.parse import parse_qs, urlencode

from dash import html
from dash.development.base_component import Component

from dashboard.components import tile
from dashboard.components.table import Cell, data_table
from dashboard.words import number, text
from dashboard.words.csv import csv_text
from ingest.contract.label import Label, Language
from warehouse.model.deadline import HOUR
from warehouse.model.indicator import Status
from warehouse.query.due import MOST, DueDossier

HEADS = (
    Label("Giờ làm việc", "Working hours"),
    Label("Hạn trả kết quả", "Due"),
    Label("Lĩnh vực", "Field"),
    Label("Thủ tục", "Procedure"),
    Label("Mã hồ sơ (mã giả danh)", "Dossier (pseudonym)"),
)
LEFT = Label("còn {hours} giờ", "{hours} h left")
OVER = Label("quá {hours} giờ", "{hours} h over")
NONE = Label("Không có hồ sơ nào sắp đến hạn hoặc quá hạn.", "No dossier is near due or overdue.")
CUT = Label("Đang hiện {count} hồ sơ đến hạn sớm nhất.", "The {count} that are due first are shown.")
EVERY = Label("Tất cả", "All")
FIELDS = Label("Lĩnh vực", "Field")
_MOST_FIELDS = 8


def chosen_field(search: object) -> str:
    """The field that an address asks for; empty for all. Anybody can have written it."""
    try:
        given = search.removeprefix("?") if isinstance(search, str) else ""
        return parse_qs(given, max_num_fields=_MOST_FIELDS).get("field", [""])[0]
    except ValueError:
        return ""


def of_field(found: list[DueDossier], search: object) -> list[DueDossier]:
    """Those of the field that an address asks for; all, where it asks for none."""
    field = chosen_field(search)
    return [one for one in found if one.field_code == field] if field else found


def field_ways(found: list[DueDossier], field: str, language: Language) -> Component:
    """Links to the fields, with how many of each there are."""
    counts = Counter(one.field_code for one in found)
    ways = [("", EVERY.text(language), len(found))]
    ways += [(code, text.name_of_code(code, language), count) for code, count in counts.most_common()]
    links = []
    for code, name, count in ways:
        here: dict[str, Any] = {"className": "here", "aria-current": "true"} if code == field else {}
        said = f"{name} · {number.whole_number(count, language)}"
        links.append(html.A(said, href=f"/due?{urlencode({'field': code})}" if code else "/due", **here))
    named: dict[str, Any] = {"aria-label": FIELDS.text(language)}
    return html.Nav(links, className="choice-ways", **named)


def due_csv(found: list[DueDossier], language: Language) -> str:
    """The same as a spreadsheet, with plain numbers."""
    columns = ["due", "working_hours_left", "field", "procedure", "dossier"]
    rows = [
        [
            text.local_time(one.due_ms),
            round((-1 if one.is_overdue else 1) * one.working_ms / HOUR, 2),
            text.name_of_code(one.field_code, language),
            one.procedure_code,
            one.code,
        ]
        for one in found
    ]
    return csv_text(columns, rows)


def due_table(found: list[DueDossier], language: Language) -> list[Component]:
    """The dossiers, the earliest first; sign, word and colour say which are overdue."""
    rows: list[list[Cell]] = []
    for one in found:
        hours = number.decimal(Fraction(one.working_ms, HOUR), 1, language)
        said = (OVER if one.is_overdue else LEFT).text(language, hours=hours)
        status: Status = "critical" if one.is_overdue else "warning"
        classes = "other" if one.is_overdue else "look"
        rows.append(
            [
                html.Span([html.Span(className=tile.sign(status)), said], className=classes),
                f"{text.local_time(one.due_ms):%H:%M %d/%m/%Y}",
                text.name_of_code(one.field_code, language),
                one.procedure_code,
                html.Code(one.code),
            ]
        )
    cut = [html.P(CUT.text(language, count=MOST), className="quiet")] if len(found) == MOST else []
    return [data_table([head.text(language) for head in HEADS], rows, (), NONE.text(language)), *cut]
