"""Office: what the pretend ward's smaller systems post: petitions, documents, published items, the register of groups."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random

from connectors.simulator.message import SimulatedMessage, encoded, zoned
from connectors.simulator.systems.people import person
from connectors.simulator.ward import AREAS, Pretend
from ingest.contract.calendar import local_day, ward_moment

PETITIONS, DOCUMENTS, POSTS, REGISTER = "petition_portal", "document_office", "content_post", "ward_register"

REGISTERED = date(2025, 7, 1)
"""The day on which the new ward, and with it its residential groups, began."""
TEAMS_FORMED = date(2025, 8, 25)
"""Decision 924/QĐ-UBND: the community digital teams."""

LONGEST_PETITION = 35
"""Days after which no petition is still open."""

CHANNELS = ("cong_dvcqg", "thanh_pho", "tong_dai_1022", "truc_tiep")
PETITION_FIELDS = ("dat_dai", "ho_kinh_doanh", "ho_tich", "moi_truong", "trat_tu_do_thi", "ha_tang")
DOCUMENT_KINDS = (("CV", 46), ("QD", 14), ("TB", 14), ("BC", 12), ("KH", 8), ("TTR", 4), ("GM", 2))
PLATFORMS = (("zalo", 34), ("cong_thong_tin", 30), ("fanpage", 28), ("truyen_thanh", 8))
TOPICS = ("hoat_dong", "tuyen_truyen", "huong_dan_tthc", "an_ninh", "van_hoa_xa_hoi", "chuyen_doi_so")


def office(pretend: Pretend, day: date) -> list[SimulatedMessage]:
    """All posts of the smaller systems on one local day, in order."""
    messages = [*documents(pretend, day), *published_posts(pretend, day), *petitions(pretend, day)]
    return sorted(messages, key=lambda message: message.at)


def sign_of_life(system: str, at: datetime) -> SimulatedMessage:
    """What a system posts when it has nothing to say; each has an id of its own."""
    id_ = f"{system}-hb-{at:%Y%m%dT%H%M%S%f}"
    return SimulatedMessage(at, system, id_, encoded({"id": id_, "loai": "nhip_song", "thoiGian": zoned(at)}))


def register() -> Iterator[SimulatedMessage]:
    """The 70 residential groups and their 70 teams, as they were entered."""
    chance = Random("register")
    for n, area in enumerate(AREAS):
        at = ward_moment(REGISTERED, datetime.min.time()) + timedelta(hours=8, seconds=20 * n)
        head = person(chance)
        group = {
            "maTo": area,
            "tenTo": f"Tổ dân phố số {n + 1}",
            "toTruong": {"hoTen": head.name, "soDienThoai": head.phone},
        }
        id_ = f"{area}-dang-ky"
        content = {"id": id_, "loai": "dang_ky_to", "thoiGian": zoned(at), "toDanPho": group}
        yield SimulatedMessage(at, REGISTER, id_, encoded(content))
    for n, area in enumerate(AREAS):
        at = ward_moment(TEAMS_FORMED, datetime.min.time()) + timedelta(hours=9, seconds=20 * n)
        members = [{"hoTen": one.name, "soDienThoai": one.phone} for one in (person(chance) for _ in range(4))]
        id_ = f"{area}-lap-to-cong-nghe"
        team = {"maToCongNghe": f"TCNS-{n + 1:03}", "thanhVien": members}
        content = {
            "id": id_, "loai": "thanh_lap_to_cong_nghe", "thoiGian": zoned(at), "toDanPho": {"maTo": area},
            "toCongNghe": team,
        }  # fmt: skip
        yield SimulatedMessage(at, REGISTER, id_, encoded(content))


def working_moment(pretend: Pretend, day: date, chance: Random) -> datetime:
    """Some moment of the day's working hours; of the day from 08:00 to 20:00 on a day off."""
    periods = pretend.calendar.periods(day)
    if not periods:
        return ward_moment(day, datetime.min.time()) + timedelta(hours=chance.uniform(8, 20))
    opens, closes = chance.choices(periods, [(closes - opens).total_seconds() for opens, closes in periods])[0]
    return opens + chance.uniform(0.02, 0.99) * (closes - opens)


@lru_cache(maxsize=100)
def documents(pretend: Pretend, day: date, issued: int | None = None) -> tuple[SimulatedMessage, ...]:
    """Documents of one local day: about 40 issued, all signed, and about 25 that came in.

    Args:
        pretend: the ward.
        day: the local day.
        issued: exact number that is issued, and then none comes in.
    """
    if not pretend.calendar.is_working_day(day):
        return ()
    chance = pretend.chance("documents", day)
    count = max(18, round(chance.gauss(40.2, 6))) if issued is None else issued
    told: list[tuple[datetime, str, dict[str, object]]] = []
    for at in sorted(working_moment(pretend, day, chance) for _ in range(count)):
        kind = chance.choices([kind for kind, _ in DOCUMENT_KINDS], [share for _, share in DOCUMENT_KINDS])[0]
        told.append((at, "phat_hanh", {"huong": "di", "loaiVanBan": kind, "daKySo": True}))
    for at in sorted(working_moment(pretend, day, chance) for _ in range(0 if issued else chance.randrange(18, 32))):
        due = pretend.calendar.due(at, chance.choice((2, 3, 5, 7)), "ngay_lam_viec")
        told.append((at, "tiep_nhan", {"huong": "den", "loaiVanBan": "CV", "hanXuLy": zoned(due)}))
    return tuple(sorted((_document(day, n, *one, chance) for n, one in enumerate(told, 1)), key=lambda m: m.at))


def _document(day: date, n: int, at: datetime, step: str, about: dict[str, object], chance: Random) -> SimulatedMessage:
    code = f"VB-{day:%Y%m%d}-{n:03}"
    signatory = person(chance)
    id_ = f"{code}-{step}"
    paper = {
        "maVanBan": code,
        "soKyHieu": f"{n}/{about['loaiVanBan']}-UBND",
        "trichYeu": f"V/v giải quyết đề nghị của {signatory.name}",
        "nguoiKy": signatory.name,
        "doMat": "thuong",
        **about,
    }
    return SimulatedMessage(
        at, DOCUMENTS, id_, encoded({"id": id_, "loai": step, "thoiGian": zoned(at), "vanBan": paper})
    )


@lru_cache(maxsize=100)
def published_posts(pretend: Pretend, day: date, count: int | None = None) -> tuple[SimulatedMessage, ...]:
    """Items published on one local day: about 14 on a working day, fewer on others.

    Args:
        pretend: the ward.
        day: the local day.
        count: exact number.
    """
    chance = pretend.chance("posts", day)
    if count is None:
        count = max(1, round(chance.gauss(14, 3) if pretend.calendar.is_working_day(day) else chance.gauss(4, 1.5)))
    messages = []
    for n, at in enumerate(sorted(working_moment(pretend, day, chance) for _ in range(count)), 1):
        platform = chance.choices([name for name, _ in PLATFORMS], [share for _, share in PLATFORMS])[0]
        author = person(chance)
        id_ = f"BV-{day:%Y%m%d}-{n:02}"
        post = {
            "maBai": id_,
            "nenTang": platform,
            "maChuyenMuc": chance.choice(TOPICS),
            "tieuDe": f"Gương người tốt việc tốt: {author.name}",
            "tacGia": author.name,
            "duongDan": f"https://example.invalid/{id_}",
        }
        content = {"id": id_, "loai": "dang_bai", "thoiGian": zoned(at), "baiDang": post}
        messages.append(SimulatedMessage(at, POSTS, id_, encoded(content)))
    return tuple(messages)


def petitions(pretend: Pretend, day: date) -> list[SimulatedMessage]:
    """Steps of petitions that happen on one local day; about 44 petitions a year come in, as by the report's rate."""
    steps = [
        message
        for back in range(LONGEST_PETITION + 1)
        for message in _petitions_from(pretend, day - timedelta(days=back))
        if local_day(message.at) == day
    ]
    return sorted(steps, key=lambda message: message.at)


@lru_cache(maxsize=400)
def _petitions_from(pretend: Pretend, day: date) -> tuple[SimulatedMessage, ...]:
    """The whole lives of the petitions that come in on one local day."""
    chance = pretend.chance("petitions", day)
    lives: list[SimulatedMessage] = []
    for n in range(1, chance.choices((0, 1, 2), (89, 10, 1))[0] + 1):
        sent = ward_moment(day, datetime.min.time()) + timedelta(hours=chance.uniform(7, 21))
        lives += petition(pretend, f"PA-{day:%y%m%d}-{n:02}", sent, chance.choice(PETITION_FIELDS), chance)
    return tuple(lives)


def petition(
    pretend: Pretend, number: str, received: datetime, field: str, chance: Random, answer: float | None = None
) -> Iterator[SimulatedMessage]:
    """One petition from receipt to publication, always answered within 15 working days, as all 7 of the ward's report were.

    Args:
        pretend: the ward.
        number: the portal's number.
        received: when it came in.
        field: what it is about.
        chance: where its details come from.
        answer: working days until the answer; else some.
    """
    due = pretend.calendar.due(received, 15, "ngay_lam_viec")
    author = person(chance)
    told = {
        "maPhanAnh": number,
        "kenh": chance.choice(CHANNELS),
        "phanLoai": chance.choices(("quy_dinh", "hanh_vi", "hien_truong"), (3, 2, 5))[0],
        "maLinhVuc": field,
        "maTo": _place(pretend, number),
        "hanTraLoi": zoned(due),
        "nguoiGui": {"hoTen": author.name, "soDienThoai": author.phone, "diaChi": author.address},
        "noiDung": f"Tôi là {author.name}, đề nghị phường xem xét",
    }

    def said(step: str, at: datetime, **more: object) -> SimulatedMessage:
        at = at.astimezone(UTC).replace(microsecond=0)
        id_ = f"{number}-{step}"
        content = {"id": id_, "loai": step, "thoiGian": zoned(at), "phanAnh": told, **more}
        return SimulatedMessage(at, PETITIONS, id_, encoded(content))

    yield said("tiep_nhan", received)
    days = chance.triangular(1.5, 13.5, 6) if answer is None else answer
    answered = pretend.calendar.add_working_time(received, timedelta(hours=8 * days))
    yield said("tra_loi", answered, noiDungTraLoi=f"Kính gửi ông/bà {author.name}")
    published = pretend.calendar.add_working_time(answered, timedelta(hours=chance.uniform(1, 12)))
    yield said("cong_khai", published)
    if chance.random() < 0.6:
        yield said("danh_gia", published + timedelta(hours=chance.uniform(2, 40)), haiLong=chance.random() < 0.9)


def _place(pretend: Pretend, number: str) -> str | None:
    """The residential group where the matter of a petition lies; of some nobody says."""
    chance = pretend.chance("petition's place", number)
    return chance.choice(AREAS) if chance.random() < 0.85 else None
