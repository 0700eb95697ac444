"""Training: courses on digital transformation that staff and community digital teams have completed."""

from datetime import timedelta

from ingest.contract.label import Label
from warehouse.figures.kind import FigureKind
from warehouse.model.indicator import PERCENT, Threshold

DUE_AFTER = timedelta(days=5)
LAW = Label(
    "Kế hoạch 02-KH/BCĐTW (19/6/2025), thực hiện Nghị quyết 57-NQ/TW: 100 % cán bộ và tổ công nghệ số cộng đồng học tập",
    "Plan 02-KH/BCĐTW (19 June 2025) under Resolution 57-NQ/TW: all staff and community digital teams take part",
)
ALL = Threshold(warning=100, critical=None, below=True)
STAFF = Label("cán bộ, công chức, viên chức", "staff")
TEAMS = Label("thành viên tổ công nghệ số cộng đồng", "members of community digital teams")
MOST = 100_000

MOOC_STAFF = FigureKind(
    code="mooc_staff",
    id="K01",
    label=Label("Cán bộ hoàn thành khóa MOOCs", "Staff who completed the MOOCs"),
    definition=Label(
        "Cán bộ, công chức, viên chức hoàn thành khóa về chuyển đổi số trên nền tảng MOOCs / tổng số, đến hết tháng",
        "Staff who completed the course on digital transformation on the MOOCs platform / all staff, at the end of the month",
    ),
    unit=PERCENT,
    of_whole=STAFF,
    period="month",
    due_after=DUE_AFTER,
    most=MOST,
    threshold=ALL,
    law=LAW,
)

MOOC_TEAMS = FigureKind(
    code="mooc_teams",
    id="K02",
    label=Label("Tổ công nghệ số hoàn thành khóa MOOCs", "Digital teams who completed the MOOCs"),
    definition=Label(
        "Thành viên tổ công nghệ số cộng đồng hoàn thành khóa về chuyển đổi số trên nền tảng MOOCs / tổng số, đến hết tháng",
        "Members of community digital teams who completed the course on the MOOCs platform / all members, at the end of the month",
    ),
    unit=PERCENT,
    of_whole=TEAMS,
    period="month",
    due_after=DUE_AFTER,
    most=MOST,
    threshold=ALL,
    law=LAW,
)

LITERACY_STAFF = FigureKind(
    code="literacy_staff",
    id="K03",
    label=Label("Cán bộ hoàn thành “Bình dân học vụ số”", "Staff who completed “Bình dân học vụ số”"),
    definition=Label(
        "Cán bộ, công chức, viên chức hoàn thành khóa trên nền tảng “Bình dân học vụ số” / tổng số, đến hết tháng",
        "Staff who completed the course of the platform “Bình dân học vụ số” (digital literacy) / all staff, at the end of the month",
    ),
    unit=PERCENT,
    of_whole=STAFF,
    period="month",
    due_after=DUE_AFTER,
    most=MOST,
    threshold=ALL,
    law=LAW,
)

LITERACY_TEAMS = FigureKind(
    code="literacy_teams",
    id="K04",
    label=Label("Tổ công nghệ số hoàn thành “Bình dân học vụ số”", "Digital teams who completed “Bình dân học vụ số”"),
    definition=Label(
        "Thành viên tổ công nghệ số cộng đồng hoàn thành khóa trên nền tảng “Bình dân học vụ số” / tổng số, đến hết tháng",
        "Members of community digital teams who completed the course of the platform “Bình dân học vụ số” / all members, at the end of the month",
    ),
    unit=PERCENT,
    of_whole=TEAMS,
    period="month",
    due_after=DUE_AFTER,
    most=MOST,
    threshold=ALL,
    law=LAW,
)
