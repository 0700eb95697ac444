"""Scripts: what the sources have to say - lives of tickets, petitions, dossiers and loudspeakers, some of it late, reordered or senseless.

Every message carries personal data and a canary, as real ones do; neither may come out anywhere.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from pydantic_core import to_json

from commands.developers.nemesis.sources.message import MessageNature, MessagePlan
from ingest.contract.calendar import local_day
from ingest.contract.clock import WARD_ZONE, RealClock

CANARY = "Kanari Văn"
"""Beginning of the name of everybody in these messages; the rest is the run's."""

SERVICES = ("chung_thuc", "ho_tich", "dat_dai", "bao_tro")
LATE = 0.06
"""Share of lives that are told late, by a minute to six days."""
REORDERED = 0.08
POISON = 0.012
"""Share of messages without sense; far below what trips a circuit breaker."""
REFUSED = 0.01


SAY_POISON = ("storm_post", "storm_rest", "storm_mqtt")
"""Declared sources whose messages lie in dead letters as they were sent; rows are made into objects first."""


class Scripts:
    """Makes messages.

    Args:
        random: makes the run what it is.
        run: beginning of every id.
    """

    def __init__(self, random: Random, run: str) -> None:
        self.random = random
        self.run = run
        self.canary = f"{CANARY} {run}"
        self._count = 0
        self._used: set[tuple[str, int]] = set()
        self._clock = RealClock()

    def token(self) -> str:
        """A new name."""
        self._count += 1
        return f"{self.run}-{self._count}"

    def _number(self, token: str) -> str:
        """What stands on a ticket, another one for each name."""
        return f"C{token.rpartition('-')[2]}"

    def ticket(self, lane: str, ward: str) -> list[MessagePlan]:
        """A ticket from the kiosk to the counter, or what a counter does."""
        if self.random.random() < 0.1:
            return [self._counter(lane, ward)]
        times = self._times(5)
        number, service = self._number(self.token()), self.random.choice(SERVICES)
        day = local_day(times[0])
        person = {"hoTen": self.canary, "cccd": "031276803057", "soDienThoai": "0987469504"}
        ticket = {
            "number": number,
            "issuedAt": _iso(times[0]),
            "service": service,
            "queue": "hall",
            "congDan": person,
        }
        ways = (
            ("ticket.created", "ticket.called", "ticket.serving", "ticket.served"),
            ("ticket.created", "ticket.called", "ticket.recalled", "ticket.noshow"),
            ("ticket.created", "ticket.cancelled"),
            ("ticket.created", "ticket.called", "ticket.transferred", "ticket.called", "ticket.served"),
        )
        steps = []
        for at, event in zip(times, self.random.choices(ways, (6, 1, 1, 1))[0], strict=False):
            if local_day(at) != day:
                break
            body: dict[str, Any] = {"event": event, "time": _iso(at), "site": "hb", "kiosk": "k1", "ticket": ticket}
            if event in ("ticket.called", "ticket.recalled", "ticket.serving", "ticket.served", "ticket.noshow"):
                body["counter"] = {
                    "id": str(self.random.randrange(1, 14)),
                    "canBo": {"maCanBo": "CB-01", "hoTen": self.canary},
                }
            if event == "ticket.transferred":
                body["transfer"] = {"fromQueue": "hall", "toQueue": "hall-2"}
            steps.append(body)
        return [self._post("queue_kiosk", ward, lane, body) for body in self._ordered(steps)]

    def petition(self, lane: str, ward: str) -> list[MessagePlan]:
        """A petition from receipt to the citizen's mark."""
        times = self._times(5)
        petition = {
            "maPhanAnh": f"PA-{self.token()}",
            "kenh": self.random.choice(("cong_dvcqg", "thanh_pho", "tong_dai_1022", "truc_tiep")),
            "phanLoai": "hien_truong",
            "maLinhVuc": self.random.choice(SERVICES),
            "hanTraLoi": _iso(times[0] + timedelta(days=self.random.randrange(-2, 6))),
            "nguoiGui": {"hoTen": self.canary, "diaChi": f"173 {self.canary}"},
            "noiDung": f"Tôi là {self.canary}",
        }
        steps: list[dict[str, Any]] = [
            {"loai": kind, "thoiGian": _iso(at), "phanAnh": petition}
            for kind, at in zip(("tiep_nhan", "chuyen_don_vi", "tra_loi", "danh_gia", "mo_lai"), times, strict=True)
        ]
        steps[3]["haiLong"] = self.random.random() < 0.8
        kept = steps[: self.random.randrange(1, 6)]
        return [self._post("petition_portal", ward, lane, body) for body in self._ordered(kept)]

    def loudspeaker(self, lane: str, ward: str) -> list[MessagePlan]:
        """What a loudspeaker publishes."""
        device = f"tdp-{self.random.randrange(1, 40):03}-l1"
        at = self._moment_of(device, self._times(1)[0])
        said: dict[str, Any] = {"ts": at, "area": device[:7].upper(), "contact": self.canary}
        roll = self.random.random()
        if roll < 0.6:
            more = {"state": self.random.choice(("idle", "playing")), "vol": self.random.randrange(101), "rssi": -70}
            return [self._publish(ward, lane, f"loa/{device}/status", {**said, **more})]
        if roll < 0.75:
            more = {"code": self.random.choice(("power", "mute", "network")), "active": self.random.random() < 0.5}
            return [self._publish(ward, lane, f"loa/{device}/fault", {**said, **more})]
        broadcast = {
            **said,
            "broadcast_id": self.token(),
            "bulletin": {"id": "bt-1", "type": "uu_tien", "title": self.canary},
        }
        address = f"loa/{device}/broadcast"
        return [
            self._publish(ward, lane, address, {**broadcast, "event": "started"}),
            self._publish(
                ward, lane, address, {**broadcast, "ts": round(at + 0.4, 3), "event": "completed", "played_s": 1}
            ),
        ]

    def dossier(self, lane: str, ward: str) -> list[MessagePlan]:
        """A dossier's changes, as the portal lists them."""
        times = [at.replace(microsecond=0) for at in self._times(6)]
        code = f"H24.12-{self.token()}"
        common = {
            "MaHoSo": code, "DonViId": "H24.12", "MaTTHC": "2.000815", "MaLinhVuc": self.random.choice(SERVICES),
            "KenhThucHien": self.random.choice((1, 2)), "NgayHenTra": _local(times[0] + timedelta(days=self.random.randrange(-1, 9))),
            "ThoiGianThucHien": 5, "ChuHoSo": self.canary, "SoDinhDanh": "031276803057", "NoiDungXuLy": f"của {self.canary}",
        }  # fmt: skip
        states = self.random.choice(((None, 2, 4, 9, 10), (None, 2, 5, 4, 9), (None, 2, 7), (None, 2, 4, 8, 4, 9)))
        items: list[dict[str, Any]] = []
        for old, new, at in zip(states, states[1:], times, strict=False):
            item = {
                **common,
                "ThoiDiem": _local(at),
                "TrangThaiHoSoIdCu": old,
                "TrangThaiHoSoId": new,
                "LanYeuCauBoSung": 2,
            }
            items.append(item)
        if self.random.random() < 0.3:
            moved = {"NgayHenTraCu": common["NgayHenTra"], "NgayHenTra": _local(times[0] + timedelta(days=12))}
            items.append({**items[-1], **moved, "ThoiDiem": _local(times[-1]), "LoaiThayDoi": "hen_lai"})
        return [self._item(ward, lane, item) for item in self._ordered(items)]

    def news(self, connector: str, lane: str, ward: str) -> list[MessagePlan]:
        """An item that a source without a connector in code tells of, by its own way in."""
        token, at = self.token(), _iso(self._times(1)[0])
        is_poison = connector in SAY_POISON and self.random.random() < POISON
        said = {"ma": token, "luc": "hôm qua" if is_poison else at, "nguoi_dang": self.canary}
        return [
            MessagePlan(
                token, connector, ward, to_json(said), "storm/x/news" if connector == "storm_mqtt" else "",
                post_id=token if connector == "storm_post" else "", nature="poison" if is_poison else "event", lane=lane,
            )
        ]  # fmt: skip

    def probe(self, ward: str) -> MessagePlan:
        """A ticket of this moment, by which it is seen how fresh the figures are."""
        now = _iso(self._clock.now())
        token = self.token()
        ticket = {"number": self._number(token), "issuedAt": now, "service": "probe", "queue": "hall"}
        body = {"event": "ticket.created", "time": now, "site": "hb", "kiosk": "k1", "ticket": ticket}
        return self._said("queue_kiosk", ward, "probe", {"id": token, **body}, token)

    def again(self, first: MessagePlan, now_id: bool) -> MessagePlan:
        """The same message once more.

        Args:
            first: what was said.
            now_id: whether the post gets an id of its own.
        """
        token = self.token()
        return first._replace(
            token=token,
            nature="repeat",
            first=first.token,
            post_id=token if now_id and first.post_id else first.post_id,
            lane="",
        )

    def against(self, first: MessagePlan) -> MessagePlan | None:
        """Another message under the same id; `None` where a source cannot do that."""
        told = json.loads(first.body)
        if first.connector == "queue_kiosk" and "ticket" in told:
            told["ticket"]["priority"] = "khuyet_tat"
        elif first.connector == "petition_portal":
            told["phanAnh"]["maLinhVuc"] = "khac"
        elif first.connector == "dossier_portal":
            told["MaLinhVuc"] = "khac"
        elif first.address.endswith("/status"):
            told["vol"] = (told["vol"] + 1) % 101
        else:
            return None
        body = to_json(told) if first.connector == "dossier_portal" else _bytes(told)
        return first._replace(token=self.token(), body=body, nature="conflict", first=first.token, lane="")

    def _counter(self, lane: str, ward: str) -> MessagePlan:
        event = self.random.choice(("counter.opened", "counter.closed", "counter.paused"))
        counter = {"id": str(self.random.randrange(1, 14)), "canBo": {"maCanBo": "CB-02", "hoTen": self.canary}}
        body = {"event": event, "time": _iso(self._times(1)[0]), "site": "hb", "counter": counter}
        return self._post("queue_kiosk", ward, lane, body)

    def _times(self, count: int) -> list[datetime]:
        """Moments of a life, up to now; now and then long ago."""
        now = self._clock.now()
        if self.random.random() >= LATE:
            return [now + timedelta(milliseconds=40 * n) for n in range(count)]
        back = timedelta(seconds=self.random.choice((60, 600, 7_200, 90_000, 500_000)) * self.random.uniform(0.8, 1.0))
        first = now - back
        return sorted(first + min(back, timedelta(hours=2)) * self.random.random() for _ in range(count))

    def _moment_of(self, device: str, at: datetime) -> float:
        """Seconds since 1970, such that no two messages of a device have the same: they tell them apart."""
        ms = round(at.timestamp() * 1000)
        while (device, ms) in self._used:
            ms += 1
        self._used.add((device, ms))
        return ms / 1000

    def _ordered(self, steps: list[Any]) -> list[Any]:
        if self.random.random() < REORDERED:
            self.random.shuffle(steps)
        return steps

    def _post(self, connector: str, ward: str, lane: str, body: dict[str, Any]) -> MessagePlan:
        token = self.token()
        said = {"id": token, **body}
        roll = self.random.random()
        if roll < POISON:
            return self._said(connector, ward, lane, self._senseless(said), token, "poison")
        if roll < POISON + REFUSED:
            flaw, change = self.random.choice(FLAWS)
            saying = self._said(connector, ward, lane, said, token, "refused")
            return saying._replace(flaw=flaw, body=change(saying.body))
        return self._said(connector, ward, lane, said, token)

    def _publish(self, ward: str, lane: str, address: str, said: dict[str, Any]) -> MessagePlan:
        token = self.token()
        if self.random.random() >= POISON:
            return MessagePlan(token, "smart_loudspeaker", ward, _bytes(said), address, lane=lane)
        broken: list[bytes] = [
            b'{"ts": ' + token.encode() + b", " + self.canary.encode(),
            b"\xff\xfe" + token.encode(),
            _bytes({**said, "ts": 1e300, "n": token}),
            _bytes({**said, "ts": "NaN", "n": token}),
            _bytes({"n": token, "contact": self.canary}),
        ]
        return MessagePlan(
            token, "smart_loudspeaker", ward, self.random.choice(broken), address, nature="poison", lane=lane
        )

    def _item(self, ward: str, lane: str, item: dict[str, Any]) -> MessagePlan:
        token = self.token()
        said = {"IdThayDoi": token, **item}
        if self.random.random() >= POISON:
            return MessagePlan(token, "dossier_portal", ward, to_json(said), lane=lane)
        wrong = self.random.choice(({"TrangThaiHoSoId": 77}, {"ThoiDiem": "2026-02-30T10:00:00"}, {"MaHoSo": None}))
        return MessagePlan(token, "dossier_portal", ward, to_json({**said, **wrong}), nature="poison", lane=lane)

    def _senseless(self, said: dict[str, Any]) -> dict[str, Any]:
        when = "time" if "time" in said else "thoiGian"
        future = _iso(self._clock.now() + timedelta(days=40))
        return self.random.choice(
            (
                {**said, "event": "ticket.eaten", "loai": "an_mat"},
                {**said, when: future},
                {**said, when: "2026-02-30T10:00:00+07:00"},
                {**said, when: "2026-11-20T10:00:00"},
                {**said, when: None},
                {name: value for name, value in said.items() if name not in ("ticket", "counter", "phanAnh")},
            )
        )

    def _said(
        self, connector: str, ward: str, lane: str, said: dict[str, Any], token: str, nature: MessageNature = "event"
    ) -> MessagePlan:
        return MessagePlan(token, connector, ward, _bytes(said), post_id=token, nature=nature, lane=lane)


FLAWS: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
    ("signature", lambda body: body),
    ("stale", lambda body: body),
    ("not_json", lambda body: body[:-3]),
    ("encoding", lambda body: body[:-1] + b', "x": "\xff"}'),
    ("too_deep", lambda body: body[:-1] + b', "x": ' + b"[" * 5000 + b"]" * 5000 + b"}"),
    ("too_large", lambda body: body[:-1] + b', "x": "' + b"x" * 70_000 + b'"}'),
)
"""Why a post is refused before anybody looks at its sense, and what is done to its body."""


def _iso(at: datetime) -> str:
    return at.astimezone(WARD_ZONE).isoformat(timespec="milliseconds")


def _local(at: datetime) -> str:
    return at.astimezone(WARD_ZONE).strftime("%Y-%m-%dT%H:%M:%S")


def _bytes(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode()
