"""Dossier online: how much is filed, paid and kept without paper."""

from ingest.contract.label import Label
from warehouse.entities.dossier import DOSSIER
from warehouse.model.aggregate import Count, Ratio
from warehouse.model.indicator import PERCENT, Indicator, Threshold

ONLINE = 2
"""Channel "trực tuyến"."""

FILED_ONLINE = Indicator(
    id="D17",
    label=Label("Hồ sơ trực tuyến", "Filed online"),
    definition=Label(
        "Hồ sơ nộp trực tuyến (kênh 2) / hồ sơ tiếp nhận, từ đầu kỳ; đủ điểm QĐ 766 từ 50 %",
        "Dossiers filed online (channel 2) / dossiers received, since the start of the period; full points of QĐ 766 from 50%",
    ),
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=Count(
            at=lambda d: d.received_at,
            where=lambda d: d.channel == ONLINE,
        ),
        denominator=Count(at=lambda d: d.received_at),
    ),
    by=("field_code",),
    span="period",
    threshold=Threshold(warning=50, critical=None, below=True),
)

PAID_ONLINE = Indicator(
    id="D18",
    label=Label("Thanh toán trực tuyến", "Paid online"),
    definition=Label(
        "Hồ sơ đã thanh toán trực tuyến / hồ sơ tiếp nhận có phí, lệ phí, từ đầu kỳ",
        "Dossiers paid online / dossiers received that have a fee, since the start of the period",
    ),
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=Count(
            at=lambda d: d.paid_online_at,
            where=lambda d: d.fee_at <= d.paid_online_at,
        ),
        denominator=Count(at=lambda d: d.fee_at),
    ),
    by=("field_code",),
    span="period",
    threshold=Threshold(warning=80, critical=None, below=True),
)

DIGITISED = Indicator(
    id="D19",
    label=Label("Số hóa hồ sơ", "Digitised"),
    definition=Label(
        "Hồ sơ có cả thành phần số hóa và kết quả điện tử / hồ sơ tiếp nhận, từ đầu kỳ (QĐ 766); hồ sơ chưa xong chưa có kết quả",
        "Dossiers with digitised components and an electronic result / dossiers received, since the start of the period (QĐ 766); an "
        "unfinished one has no result yet",
    ),
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=Count(
            at=lambda d: d.e_result_at,
            where=lambda d: d.digitised_at <= d.e_result_at,
        ),
        denominator=Count(at=lambda d: d.received_at),
    ),
    by=("field_code",),
    span="period",
    threshold=Threshold(warning=80, critical=None, below=True),
)

REUSED = Indicator(
    id="D22",
    label=Label("Tái sử dụng dữ liệu số hóa", "Digitised data reused"),
    definition=Label(
        "Hồ sơ có ít nhất một thành phần dùng lại dữ liệu đã số hóa / hồ sơ tiếp nhận, từ đầu kỳ (QĐ 766)",
        "Dossiers with at least one component taken from data digitised before / dossiers received, since the start of the period "
        "(QĐ 766)",
    ),
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=Count(at=lambda d: d.reused_at),
        denominator=Count(at=lambda d: d.received_at),
    ),
    by=("field_code",),
    span="period",
    threshold=Threshold(warning=80, critical=None, below=True),
)
