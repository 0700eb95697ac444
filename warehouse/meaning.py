"""Meaning: what one has to know of a measure before its numbers are compared or added up - its period, how rows re-add, life cycles.

The dictionary of SQL, the feed, the proof page and `docs/figures.md` take these texts, so that they say the same.
"""

from datetime import timedelta

from ingest.contract.label import Label
from warehouse.model.indicator import Derived, Indicator, Measure

STEPS: dict[str, Label] = {
    "reopen": Label("mở lại", "reopened"),
    "withdraw": Label("rút, hủy", "withdrawn"),
    "refuse": Label("từ chối", "refused"),
    "stop": Label("dừng", "stopped"),
    "supplement": Label("bổ sung", "supplement"),
    "correct": Label("đính chính", "corrected"),
    "transfer": Label("chuyển", "transferred"),
}
"""The steps of a life at which two readers of a figure could expect different things."""

_PERIODS = {
    "window": Label("khung tròn gần nhất đã hết", "the last whole window"),
    "today": Label("trong ngày", "the local day"),
    "month": Label(
        "trong tháng (kỳ tháng của QĐ 766; quý, năm cộng các tháng: dòng chảy cộng, tồn lấy cuối kỳ)",
        "the month (that of QĐ 766; of a quarter or a year, flows are added up and the stock is that of its end)",
    ),
    "period": Label("lũy kế, cộng số nền đã nhập", "since the beginning, with the baseline that was entered"),
    "latest": Label("kỳ gần nhất đã có số", "the latest period of which there is a figure"),
}
_NOW = Label("hiện tại", "now")
NOT_TOLD = Label("không có ở đối tượng này, hoặc nguồn không báo", "does not occur, or no event tells of it")
_BY_WARD = Label(
    "mã loa, camera, quầy, tổ dân phố chỉ duy nhất trong phường: ghép với mã phường",
    "codes of loudspeakers, cameras, counters and groups are unique in a ward only: join them with its code",
)


WITHOUT_BASELINE = Label(
    "các phần tách theo lĩnh vực, kênh cộng lại bằng tổng trừ số nền, vì số nền không tách",
    "members by field or channel add up to the total less the baseline, which is not split",
)


def period_of(one: Measure) -> Label:
    """How far back a figure reaches."""
    if not isinstance(one, Indicator):
        return Label("như các chỉ số thành phần", "as the figures that it is made of")
    if not one.has_flow:
        return _NOW
    reach = _PERIODS[one.span] if isinstance(one.span, str) else _rolling(one.span)
    return _joined(reach, _NOW, " + ") if one.has_stock else reach


def _rolling(span: timedelta) -> Label:
    for least, size, vi, en in ((48, 24, "ngày", "days"), (2, 1, "giờ", "hours")):
        if span >= timedelta(hours=least):
            count = span // timedelta(hours=size)
            return Label(f"{count} {vi} qua", f"the last {count} {en}")
    minutes = span // timedelta(minutes=1)
    return Label(f"{minutes} phút qua", f"the last {minutes} minutes")


def adds_up(one: Measure) -> Label:
    """How rows of several windows and wards make one figure, and what to mind where members are things of one ward."""
    keyed = keyed_by_ward(one)
    return _joined(_added(one), keyed, ". ") if keyed else _added(one)


def _added(one: Measure) -> Label:
    if isinstance(one, Derived):
        ids = ", ".join(part.id for part in one.made_of)
        return Label(
            f"không cộng: cộng {ids} của các phường trước rồi mới tính",
            f"not at all: add up {ids} over wards first, then calculate",
        )
    assert isinstance(one, Indicator)  # noqa: S101 - there is no other kind
    if one.value.rank:
        return Label(
            "cộng số đếm theo từng giá trị (chiều at_most) rồi mới lấy phân vị",
            "add up the counts by value (dimension at_most), then take the quantile",
        )
    if one.span == "latest":
        return Label(
            "tử số và mẫu số cộng riêng, chia sau, giữa các phường của cùng một kỳ; không cộng các kỳ",
            "add up numerators and denominators over wards of the same period, divide last; not over periods",
        )
    if one.takes_largest:
        return Label("lấy giá trị lớn nhất, không cộng", "take the largest, do not add up")
    if one.is_known_by_denominator:
        return Label(
            "cộng tử số của các phường cùng lúc, không chia: mẫu số chỉ là 1 khi có số, 0 khi không",
            "add up the numerators of wards of one moment and do not divide: the denominator is 1 where the figure is known, else 0",
        )
    sides = Label("tử số và mẫu số cộng riêng, chia sau", "add up numerators and denominators, divide last")
    plain = Label("cộng", "add up")
    added = sides if one.is_ratio else plain
    if one.has_flow and one.has_stock:
        return _joined(
            added,
            Label(
                "các dòng flow của kỳ, cộng MỘT dòng stock mới nhất của mỗi phường; tỷ lệ của một dòng không có nghĩa riêng",
                "all flow rows of the period, and ONE stock row of each ward, the newest; the ratio of a single row means nothing",
            ),
            ": ",
        )
    if one.has_stock:
        return _joined(
            added,
            Label(
                "dòng stock cùng lúc của các phường, không cộng theo thời gian",
                "the stock rows of wards of one moment, never over time",
            ),
            ": ",
        )
    over_all = _joined(added, Label("theo thời gian và theo phường", "over time and over wards"), " ")
    if one.baseline and one.by:
        over_all = _joined(over_all, WITHOUT_BASELINE, "; ")
    return over_all


def is_partial(one: Indicator) -> bool:
    """Whether a row tells only a part of the ratio: what happened, or what is so."""
    return one.is_ratio and one.has_flow and one.has_stock


def keyed_by_ward(one: Measure) -> Label | None:
    """What to mind where members are things of one ward."""
    names = {dimension.name for dimension in one.dimensions} if isinstance(one, Indicator) else set()
    return _BY_WARD if names & {"area_code", "key", "camera_id", "zone_id", "silent_since"} else None


def behaviour_of(one: Measure) -> dict[str, Label]:
    """By step, what it does to the figure."""
    parts = one.made_of if isinstance(one, Derived) else (one,)
    found: dict[str, Label] = {}
    for part in parts:
        assert isinstance(part, Indicator)  # noqa: S101 - there is no other kind
        found = {**part.of.behaviour, **found}
    return {step: found[step] for step in STEPS if step in found}


def steps_of(one: Measure) -> list[tuple[Label, Label]]:
    """Every step, and what it does to the figure; at the end those of which no event tells."""
    found = behaviour_of(one)
    told = [(STEPS[step], said) for step, said in found.items()]
    others = [label for step, label in STEPS.items() if step not in found]
    if others:
        named = Label(", ".join(label.vi for label in others), ", ".join(label.en for label in others))
        told.append((named, NOT_TOLD))
    return told


def steps_text(one: Measure) -> Label:
    """The same in one text."""
    found = dict(steps_of(one))
    return Label(
        "; ".join(f"{step.vi}: {said.vi}" for step, said in found.items()),
        "; ".join(f"{step.en}: {said.en}" for step, said in found.items()),
    )


def _joined(first: Label, second: Label, between: str) -> Label:
    return Label(f"{first.vi}{between}{second.vi}", f"{first.en}{between}{second.en}")
