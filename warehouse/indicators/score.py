"""Score: an own estimate of the ward's points by QĐ 766, beside which the portal's figure stays the one that counts."""

from typing import NamedTuple

from ingest.contract.label import Label
from warehouse.indicators import dossier, dossier_finish, dossier_online, law, petition
from warehouse.model.indicator import Ask, AskedReading, Derived, Indicator, Unit


class ScoreIndex(NamedTuple):
    """One index of QĐ 766 that can be told from the ward's own sources."""

    of: Indicator
    """Whose ratio it is."""
    most: int
    """Points at most."""
    full_at: int = 100
    """From how many per cent on it gives them all."""
    without: int | None = None
    """Points where there is nothing to judge; `None`: then it is left out, maximum and all."""


PARTS = (
    ScoreIndex(dossier.ON_TIME, 20),
    ScoreIndex(dossier_online.FILED_ONLINE, 6, full_at=50),
    ScoreIndex(dossier_online.PAID_ONLINE, 6),
    ScoreIndex(dossier_online.DIGITISED, 4, full_at=80),
    ScoreIndex(dossier_online.REUSED, 2, full_at=80),
    ScoreIndex(dossier_online.E_RESULT, 6),
    ScoreIndex(dossier_online.SHARED, 4),
    ScoreIndex(petition.ON_TIME, 6, without=6),
    ScoreIndex(petition.SATISFIED, 6, without=6),
    ScoreIndex(dossier_finish.SATISFIED, 6, full_at=90, without=0),
)


def hundredths(part: ScoreIndex, reading: AskedReading) -> int | None:
    """The points of a part in hundredths, rounded half up; `None` where they cannot be told."""
    if not reading.known:
        return None
    if not reading.denominator:
        return None if part.without is None else 100 * part.without
    whole = part.full_at * reading.denominator
    rounded = (2 * 10_000 * part.most * reading.numerator + whole) // (2 * whole)
    return min(100 * part.most, rounded)


def score_points(ask: Ask) -> tuple[int, int] | None:
    """Points and their maximum in hundredths, over the parts that can be told now."""
    found = [(hundredths(part, ask(part.of.id)), part.most) for part in PARTS]
    told = [(got, 100 * most) for got, most in found if got is not None]
    return (sum(got for got, _ in told), sum(most for _, most in told)) if told else None


SCORE = Derived(
    id="D16",
    label=Label("Điểm QĐ 766 ước tính nội bộ", "Estimated QĐ 766 score (own)"),
    definition=Label(
        "Tổng điểm các chỉ số QĐ 766 tính được từ nguồn của phường, trong tháng / điểm tối đa của chính các chỉ số đó, không quy về 100; điểm "
        "Cổng công bố mới là điểm chính thức",
        "Points in the month of those indices of QĐ 766 that the ward's sources tell / the maximum of the same indices, not scaled to 100; "
        "the score that counts is the one that the portal publishes",
    ),
    law=law.decision_766("2.1–5.4"),
    leaves_out=Label(
        "1.1–1.4, 3.1, 3.2, 3.5, 4.5a: không nguồn nào của phường cho biết; 4.5b (D27): bảng chỉ tiêu chỉ chấm cấp tỉnh; tối đa 6 điểm của mục "
        "3.3 là suy luận, tài liệu không phân bổ điểm nhóm 3; mục 4.2 đủ điểm từ 80 % theo tài liệu, nhưng điểm Cổng đã công bố khớp với 4 × tỷ lệ",
        "1.1-1.4, 3.1, 3.2, 3.5, 4.5a: no source of the ward tells them; 4.5b (D27): the table of metrics scores provinces alone; that item 3.3 "
        "has 6 points is inferred, as the document does not divide those of group 3; by the document item 4.2 gives all its points from 80% on, but "
        "those that the portal has published are 4 × the share",
    ),
    version=2,
    since=law.REVISED,
    unit=Unit(Label("điểm", "points"), 0.01, 2, out_of=True),
    made_of=tuple(part.of for part in PARTS),
    value=score_points,
    formula=Label(
        "20 × D09 + 6 × D17 / 50 % + 6 × D18 + 4 × D19 / 80 % + 2 × D22 / 80 % + 6 × D25 + 4 × D26 + 6 × P02 + 6 × P06 + 6 × P05 / 90 %, mỗi "
        "phần không quá điểm tối đa của nó",
        "20 × D09 + 6 × D17 / 50% + 6 × D18 + 4 × D19 / 80% + 2 × D22 / 80% + 6 × D25 + 4 × D26 + 6 × P02 + 6 × P06 + 6 × P05 / 90%, each "
        "part at most its maximum",
    ),
    is_ratio=True,
    is_whole=False,
)
