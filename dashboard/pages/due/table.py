"""Due table: the dossiers that are near due or overdue as rows."""

from fractions import Fraction

from dash import html
from dash.development.base_component import Component

from dashboard.components.table import Cell, data_table
from dashboard.words import number, text
from ingest.contract.label import Label, Language
from warehouse.model.deadline import HOUR
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


def due_table(found: list[DueDossier], language: Language) -> list[Component]:
    """The dossiers, the earliest first; sign, word and colour say which are overdue."""
    rows: list[list[Cell]] = []
    for one in found:
        hours = number.decimal(Fraction(one.working_ms, HOUR), 1, language)
        said = (OVER if one.is_overdue else LEFT).text(language).format(hours=hours)
        status, classes = ("critical", "other") if one.is_overdue else ("warning", "look")
        rows.append(
            [
                html.Span([html.Span(className=f"sign sign-{status}"), said], className=classes),
                f"{text.local_time(one.due_ms):%H:%M %d/%m/%Y}",
                text.name_of_code(one.field_code, language),
                one.procedure_code,
                html.Code(one.code),
            ]
        )
    cut = [html.P(CUT.text(language).format(count=MOST), className="quiet")] if len(found) == MOST else []
    return [data_table([head.text(language) for head in HEADS], rows, (), NONE.text(language)), *cut]
