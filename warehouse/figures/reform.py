"""Reform: what the office has issued and reached, and the scores that others give the ward."""

from datetime import timedelta

from ingest.contract.label import Label
from warehouse.figures.kind import FigureKind
from warehouse.model.indicator import PERCENT, Unit

RESOLUTION_57 = Label(
    "Nghị quyết 57-NQ/TW (22/12/2024); kỳ và hạn là của phường",
    "Resolution 57-NQ/TW (22 December 2024); period and due date are the ward's",
)
PROJECT_06 = Label("QĐ 06/QĐ-TTg (06/01/2022), Đề án 06", "QĐ 06/QĐ-TTg (6 January 2022), Đề án 06")
CUTS = Label(
    "Nghị quyết 66/NQ-CP (26/3/2025) về cắt giảm, đơn giản hóa thủ tục hành chính",
    "Resolution 66/NQ-CP (26 March 2025) on cutting and simplifying procedures",
)
ISO = Label(
    "QĐ 19/2014/QĐ-TTg (TCVN ISO 9001 trong cơ quan hành chính; hiệu lực nay chưa xác minh); TCVN ISO 9001:2015, TCVN ISO 18091:2020",
    "QĐ 19/2014/QĐ-TTg (TCVN ISO 9001 in administrative bodies; that it is still in force is not verified); TCVN ISO 9001:2015, TCVN ISO "
    "18091:2020",
)
SCORES = Label("QĐ 766/QĐ-TTg (23/6/2022)", "QĐ 766/QĐ-TTg (23 June 2022)")
INDEX = Label(
    "Chỉ số CCHC do thành phố chấm, công bố hằng năm; quyết định của năm chưa xác minh",
    "The index of administrative reform that the city publishes every year; the year's decision is not verified",
)
FIVE_DAYS, FIFTEEN_DAYS = timedelta(days=5), timedelta(days=15)
POINTS = Unit(Label("điểm", "points", "point"), 0.01, 2)

PLANS = FigureKind(
    code="plans_decisions",
    id="K21",
    label=Label("Kế hoạch, quyết định đã ban hành", "Plans and decisions issued"),
    definition=Label(
        "Kế hoạch, quyết định, chỉ đạo về chuyển đổi số, cải cách hành chính do phường ban hành trong tháng",
        "Plans, decisions and directives on digital transformation and administrative reform that the ward issued in the month",
    ),
    unit=Unit(Label("văn bản", "documents", "document")),
    period="month",
    due_after=FIVE_DAYS,
    most=10_000,
    law=RESOLUTION_57,
)

TASKS_06 = FigureKind(
    code="project_06_tasks",
    id="K22",
    label=Label("Nhiệm vụ Đề án 06 hoàn thành", "Tasks of Đề án 06 completed"),
    definition=Label(
        "Nhiệm vụ Đề án 06 đã hoàn thành / được giao, từ đầu năm đến hết tháng",
        "Tasks of Đề án 06 completed / given to the ward, from the beginning of the year to the end of the month",
    ),
    unit=PERCENT,
    of_whole=Label("nhiệm vụ", "tasks"),
    period="month",
    due_after=FIVE_DAYS,
    most=10_000,
    law=PROJECT_06,
)

PROCEDURES_CUT = FigureKind(
    code="procedures_cut",
    id="K23",
    label=Label("Thủ tục được cắt giảm, đơn giản hóa", "Procedures cut or simplified"),
    definition=Label(
        "Thủ tục hành chính được cắt giảm, đơn giản hóa theo phương án của phường / thủ tục đã rà soát, từ đầu năm đến hết quý",
        "Procedures cut or simplified by the ward's plan / procedures reviewed, from the beginning of the year to the end of the quarter",
    ),
    unit=PERCENT,
    of_whole=Label("thủ tục", "procedures"),
    period="quarter",
    due_after=FIFTEEN_DAYS,
    most=10_000,
    law=CUTS,
)

ISO_9001 = FigureKind(
    code="iso_9001",
    id="K24",
    label=Label("Quy trình theo TCVN ISO 9001", "Procedures under TCVN ISO 9001"),
    definition=Label(
        "Quy trình đã ban hành theo TCVN ISO 9001:2015 / quy trình phải có, cuối quý",
        "Procedures issued under TCVN ISO 9001:2015 / procedures that there must be, at the end of the quarter",
    ),
    unit=PERCENT,
    of_whole=Label("quy trình", "procedures"),
    period="quarter",
    due_after=FIFTEEN_DAYS,
    most=10_000,
    law=ISO,
)

ISO_18091 = FigureKind(
    code="iso_18091",
    id="K25",
    label=Label("Chỉ tiêu TCVN ISO 18091 đạt", "Indicators of TCVN ISO 18091 met"),
    definition=Label(
        "Chỉ tiêu của TCVN ISO 18091:2020 được đánh giá là đạt / chỉ tiêu được đánh giá, của năm",
        "Indicators of TCVN ISO 18091:2020 that were found to be met / indicators assessed, of the year",
    ),
    unit=PERCENT,
    of_whole=Label("chỉ tiêu", "indicators"),
    period="year",
    due_after=timedelta(days=31),
    most=1_000,
    law=ISO,
)

PORTAL_SCORE = FigureKind(
    code="portal_score",
    id="K26",
    label=Label("Điểm QĐ 766 Cổng công bố", "QĐ 766 score that the portal publishes"),
    definition=Label(
        "Điểm của phường trong tháng theo QĐ 766 mà Cổng Dịch vụ công Quốc gia công bố; đây là điểm chính thức, D16 là ước tính nội bộ",
        "The ward's points of the month by QĐ 766 as the National Public Service Portal publishes them; they count, D16 is an own estimate",
    ),
    unit=POINTS,
    period="month",
    due_after=FIVE_DAYS,
    most=100,
    law=SCORES,
)

REFORM_INDEX = FigureKind(
    code="reform_index",
    id="K27",
    label=Label("Chỉ số cải cách hành chính", "Index of administrative reform"),
    definition=Label(
        "Chỉ số cải cách hành chính (PAR Index) của phường trong năm, do thành phố công bố",
        "The ward's index of administrative reform (PAR Index) of the year, as the city publishes it",
    ),
    unit=POINTS,
    period="year",
    due_after=timedelta(days=120),
    most=100,
    law=INDEX,
)
