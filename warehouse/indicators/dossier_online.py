"""Dossier online: how much is filed, paid and kept without paper."""

from typing import Any

from ingest.contract.label import Label
from warehouse.entities.dossier import DOSSIER
from warehouse.indicators import law
from warehouse.indicators.dossier import receipt_at
from warehouse.model.aggregate import Aggregate, Count, Ratio
from warehouse.model.expression import NEVER, choose
from warehouse.model.indicator import PERCENT, Indicator, Threshold

ONLINE = 2
"""Channel "trực tuyến"."""

RECEIVED = Count(at=receipt_at)
"""What everything here is out of: the dossiers received in the period, whatever became of them (QĐ 766: NgayTiepNhan trong kỳ)."""


def has_result_it_needs(d: Any) -> Any:
    """An electronic result, where the procedure's result is on paper; where it is not, none is asked for."""
    return (d.requires_paper == 0) | (d.e_result_at < NEVER)


def with_fee(d: Any) -> Any:
    """The receipt of a dossier that has a fee; `NEVER` of others."""
    return choose(d.fee_at < NEVER, receipt_at(d), NEVER)


def of_received(where: Any) -> Aggregate:
    """Those of the received dossiers for which something holds, in the window of their receipt: so no share exceeds the whole."""
    return Count(at=receipt_at, where=where)


FILED_ONLINE = Indicator(
    id="D17",
    label=Label("Hồ sơ trực tuyến", "Filed online"),
    definition=Label(
        "Hồ sơ nộp trực tuyến (kênh 2), có kết quả điện tử nếu kết quả của thủ tục là văn bản giấy / hồ sơ tiếp nhận, trong tháng (QĐ 766 "
        "mục 3.3); hệ số đồng bộ với Cổng chưa nhân vì nguồn không cho biết; đủ điểm từ 50 %",
        "Dossiers filed online (channel 2), with an electronic result where the procedure's result is on paper / dossiers received, in "
        "the month (QĐ 766, item 3.3); not multiplied with the share synchronised with the portal, which no source tells; full points from 50%",
    ),
    law=law.decision_766("3.3"),
    version=2,
    since=law.REVISED,
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=of_received(lambda d: (d.channel == ONLINE) & has_result_it_needs(d)),
        denominator=RECEIVED,
    ),
    by=("field_code",),
    span="month",
    threshold=Threshold(warning=50, critical=None, below=True),
)

PAID_ONLINE = Indicator(
    id="D18",
    label=Label("Thanh toán trực tuyến", "Paid online"),
    definition=Label(
        "Hồ sơ đã thanh toán trực tuyến, khi nộp hoặc về sau / hồ sơ tiếp nhận có phí, lệ phí, trong tháng (QĐ 766 mục 3.6)",
        "Dossiers paid online, when they were filed or later / dossiers received that have a fee, in the month (QĐ 766, item 3.6)",
    ),
    law=law.decision_766("3.6"),
    version=2,
    since=law.REVISED,
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=Count(at=with_fee, where=lambda d: d.paid_online_at < NEVER),
        denominator=Count(at=with_fee),
    ),
    by=("field_code",),
    span="month",
    threshold=Threshold(warning=80, critical=None, below=True),
)

DIGITISED = Indicator(
    id="D19",
    label=Label("Số hóa hồ sơ", "Digitised"),
    definition=Label(
        "Hồ sơ có thành phần số hóa, và có kết quả điện tử nếu kết quả của thủ tục là văn bản giấy / hồ sơ tiếp nhận, trong tháng (QĐ 766 mục 4.2)",
        "Dossiers with digitised components, and an electronic result where the procedure's result is on paper / dossiers received, in "
        "the month (QĐ 766, item 4.2)",
    ),
    law=law.decision_766("4.2"),
    version=2,
    since=law.REVISED,
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=of_received(lambda d: (d.digitised_at < NEVER) & has_result_it_needs(d)),
        denominator=RECEIVED,
    ),
    by=("field_code",),
    span="month",
    threshold=Threshold(warning=80, critical=None, below=True),
)

REUSED = Indicator(
    id="D22",
    label=Label("Tái sử dụng dữ liệu số hóa", "Digitised data reused"),
    definition=Label(
        "Hồ sơ có ít nhất một thành phần dùng lại dữ liệu đã số hóa / hồ sơ tiếp nhận, trong tháng (QĐ 766 mục 4.3)",
        "Dossiers with at least one component taken from data digitised before / dossiers received, in the month (QĐ 766, item 4.3)",
    ),
    law=law.decision_766("4.3"),
    version=2,
    since=law.REVISED,
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=of_received(lambda d: d.reused_at < NEVER),
        denominator=RECEIVED,
    ),
    by=("field_code",),
    span="month",
    threshold=Threshold(warning=80, critical=None, below=True),
)

E_RESULT = Indicator(
    id="D25",
    label=Label("Cấp kết quả điện tử", "Electronic results"),
    definition=Label(
        "Hồ sơ có kết quả điện tử / hồ sơ tiếp nhận của thủ tục có kết quả là văn bản giấy, trong tháng (QĐ 766 mục 4.1)",
        "Dossiers with an electronic result / dossiers received whose procedure's result is on paper, in the month (QĐ 766, item 4.1)",
    ),
    law=law.decision_766("4.1"),
    since=law.REVISED,
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=of_received(lambda d: (d.requires_paper == 1) & (d.e_result_at < NEVER)),
        denominator=of_received(lambda d: d.requires_paper == 1),
    ),
    by=("field_code",),
    span="month",
)

SHARED = Indicator(
    id="D26",
    label=Label("Kết nối, chia sẻ dữ liệu số hóa", "Digitised data shared"),
    definition=Label(
        "Hồ sơ có thành phần lấy từ kho dữ liệu của Cổng DVCQG hoặc có kết quả điện tử / hồ sơ tiếp nhận, trong tháng (QĐ 766 mục 4.4)",
        "Dossiers with a component from the national portal's store or with an electronic result / dossiers received, in the month "
        "(QĐ 766, item 4.4)",
    ),
    law=law.decision_766("4.4"),
    since=law.REVISED,
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=of_received(lambda d: (d.national_store_at < NEVER) | (d.e_result_at < NEVER)),
        denominator=RECEIVED,
    ),
    by=("field_code",),
    span="month",
)

POPULATION_DATA = Indicator(
    id="D27",
    label=Label("Dùng dữ liệu dân cư", "Population data used"),
    definition=Label(
        "Hồ sơ nộp bằng tài khoản xác thực VNeID / hồ sơ tiếp nhận, trong tháng (QĐ 766 mục 4.5b; bảng chỉ tiêu chỉ chấm cấp tỉnh nên không "
        "tính vào D16)",
        "Dossiers of accounts that VNeID verified / dossiers received, in the month (QĐ 766, item 4.5b; the table of metrics scores "
        "provinces alone, so it is no part of D16)",
    ),
    law=law.decision_766("4.5b"),
    since=law.REVISED,
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=of_received(lambda d: d.vneid_at < NEVER),
        denominator=RECEIVED,
    ),
    by=("field_code",),
    span="month",
)
