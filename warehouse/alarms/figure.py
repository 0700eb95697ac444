"""Figure: what people have to enter soon, and what should have been entered; of kinds that the ward has ever entered."""

from datetime import timedelta

from ingest.contract.label import Label
from warehouse.model.alarm_rule import CULTURE, OFFICE, AlarmRule, FactName
from warehouse.model.indicator import Threshold

DUE_SOON = AlarmRule(
    id="figure.due",
    sentence=Label("{value} số liệu sắp đến hạn nhập", "{value} figures to enter are due soon"),
    measure=FactName("figures_due"),
    page="/entry",
    limits=Threshold(warning=0, critical=None),
    clear_hold=timedelta(),
    in_opening_hours=True,
    team=CULTURE,
    escalate_after=timedelta(days=2),
    checklist=(
        Label(
            "Mở trang Nhập số liệu, xem chỉ tiêu và kỳ còn thiếu", "Open the page Enter figures, see what is missing"
        ),
        Label(
            "Lấy số từ bộ phận phụ trách, nhập trước hạn", "Get the figure from the unit in charge, enter it in time"
        ),
        Label("Người thứ hai xác nhận", "A second person confirms it"),
    ),
)

LATE = AlarmRule(
    id="figure.late",
    sentence=Label("{value} số liệu quá hạn chưa nhập", "{value} figures to enter are overdue"),
    measure=FactName("figures_late"),
    page="/entry",
    limits=Threshold(warning=0, critical=None),
    clear_hold=timedelta(),
    in_opening_hours=True,
    team=OFFICE,
    escalate_after=timedelta(hours=8),
    checklist=(
        Label("Hỏi bộ phận phụ trách vì sao chưa có số", "Ask the unit in charge why there is no figure"),
        Label("Nhập và xác nhận trên trang Nhập số liệu", "Enter and confirm it on the page Enter figures"),
        Label("Không có số: báo lãnh đạo phường", "There is none: tell the ward's leadership"),
    ),
)
