"""Society: the ward's economy and people, by month or quarter."""

from datetime import timedelta

from ingest.contract.label import Label
from warehouse.figures.kind import FigureKind
from warehouse.model.indicator import PERCENT, Unit

STATISTICS = Label(
    "Luật Thống kê 89/2015/QH13 (sửa đổi 2021); kỳ và hạn là của phường",
    "Law on Statistics 89/2015/QH13 (amended 2021); period and due date are the ward's",
)
NO_CASH = Label(
    "QĐ 1813/QĐ-TTg (28/10/2021) về thanh toán không dùng tiền mặt; chỉ tiêu sau năm 2025 chưa xác minh",
    "QĐ 1813/QĐ-TTg (28 October 2021) on cashless payment; its targets after 2025 are not verified",
)
HEALTH = Label(
    "Luật Khám bệnh, chữa bệnh 15/2023/QH15; văn bản về sổ sức khỏe điện tử trên VNeID chưa xác minh",
    "Law on Medical Examination and Treatment 15/2023/QH15; the act on the electronic health book in VNeID is not verified",
)
TEN_DAYS = timedelta(days=10)
MILLION_DONG = Unit(Label("triệu đồng", "million đồng"))
PEOPLE = Label("người", "people", "person")

REVENUE = FigureKind(
    code="budget_revenue",
    id="K11",
    label=Label("Thu ngân sách trên địa bàn", "Budget revenue"),
    definition=Label(
        "Thu ngân sách nhà nước trên địa bàn phường trong tháng", "State budget revenue in the ward in the month"
    ),
    unit=MILLION_DONG,
    period="month",
    due_after=TEN_DAYS,
    least=-100_000_000,
    most=100_000_000,
    law=STATISTICS,
)

SPENDING = FigureKind(
    code="budget_spending",
    id="K12",
    label=Label("Chi ngân sách phường", "Budget spending"),
    definition=Label("Chi ngân sách phường trong tháng", "Spending of the ward's budget in the month"),
    unit=MILLION_DONG,
    period="month",
    due_after=TEN_DAYS,
    least=-100_000_000,
    most=100_000_000,
    law=STATISTICS,
)

BUSINESSES = FigureKind(
    code="new_businesses",
    id="K13",
    label=Label("Hộ kinh doanh đăng ký mới", "New household businesses"),
    definition=Label(
        "Hộ kinh doanh được cấp đăng ký mới trong tháng", "Household businesses newly registered in the month"
    ),
    unit=Unit(Label("hộ", "businesses", "business")),
    period="month",
    due_after=TEN_DAYS,
    most=1_000_000,
    law=STATISTICS,
)

POPULATION = FigureKind(
    code="population",
    id="K14",
    label=Label("Dân số thường trú", "Residents"),
    definition=Label(
        "Nhân khẩu thường trú của phường cuối quý", "Registered residents of the ward at the end of the quarter"
    ),
    unit=Unit(PEOPLE),
    period="quarter",
    due_after=TEN_DAYS,
    least=1,
    most=20_000_000,
    law=STATISTICS,
)

POOR = FigureKind(
    code="poor_households",
    id="K15",
    label=Label("Hộ nghèo", "Poor households"),
    definition=Label(
        "Hộ nghèo / tổng số hộ của phường, cuối quý",
        "Poor households / all households of the ward, at the end of the quarter",
    ),
    unit=PERCENT,
    of_whole=Label("hộ", "households"),
    period="quarter",
    due_after=TEN_DAYS,
    most=10_000_000,
    law=STATISTICS,
)

HEALTH_BOOK = FigureKind(
    code="health_book",
    id="K16",
    label=Label("Người có sổ sức khỏe điện tử", "People with an electronic health book"),
    definition=Label(
        "Người dân đã có sổ sức khỏe điện tử / dân số của phường, đến hết tháng",
        "People who have an electronic health book / residents of the ward, at the end of the month",
    ),
    unit=PERCENT,
    of_whole=PEOPLE,
    period="month",
    due_after=TEN_DAYS,
    most=20_000_000,
    law=HEALTH,
)

NO_CASH_ALLOWANCES = FigureKind(
    code="cashless_allowances",
    id="K17",
    label=Label("Nhận trợ cấp không dùng tiền mặt", "Allowances paid without cash"),
    definition=Label(
        "Người nhận trợ cấp xã hội qua tài khoản / người hưởng trợ cấp xã hội, trong tháng",
        "People whose social allowance was paid to an account / people with a social allowance, in the month",
    ),
    unit=PERCENT,
    of_whole=PEOPLE,
    period="month",
    due_after=TEN_DAYS,
    most=20_000_000,
    law=NO_CASH,
)
