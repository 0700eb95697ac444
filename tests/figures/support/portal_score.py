"""The portal's score for a ward, from raw events alone and by the formula document alone: nothing of the warehouse is used.

Source: the document “Mô tả công thức tính chỉ số 766”, items 2.1, 3.3, 3.6, 4.1-4.4, 5.2-5.4, with the maximum points of the table
METRICS, as kept in the public repository ChippedTopaz/qd766 (`src/qd766/backend/formula_seed.json`, `docs/metrics.m0.json`). Where the
document says nothing - 6 points for 3.3, 6 points where there is no petition, two decimals rounded half up - the reading is that of the
repository's own analysis; that of several supplements of a dossier the last wait is taken off, and that an open dossier after one has
its wait taken off too, is read here. Item 3.3 is not multiplied with the share that is synchronised with the portal, which no event tells.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

VIETNAM = timedelta(hours=7)
DAYS_OFF = {date(2026, 11, 24)}
"""Of the month that is scored, besides Saturdays and Sundays."""

Told = Mapping[str, Any]


def portal_score(
    records: Iterable[bytes], begins: datetime, now: datetime, *, tells_publication: bool = True
) -> dict[str, tuple[int, int]]:
    """By item, points and their maximum in hundredths, of the period that begins at `begins` and is seen at `now`.

    Args:
        records: values of Kafka records, in any order.
        begins: first moment of the period.
        now: the present, within the period.
        tells_publication: whether an answer of which no publication was told has not been published, as the document has it; else
            only publications that were told are judged.
    """
    lives: dict[tuple[str, str], list[Told]] = {}
    for record in records:
        event = json.loads(record)
        stream, _, kind = event["type"].removeprefix("vn.hongbang.").removesuffix(".v1").partition(".")
        if stream in ("dossier", "petition"):
            lives.setdefault((stream, event["subject"]), []).append({**event, "kind": kind})
    dossiers = [dossier(sorted(told, key=order)) for (stream, _), told in lives.items() if stream == "dossier"]
    petitions = [petition(sorted(told, key=order)) for (stream, _), told in lives.items() if stream == "petition"]
    return _of_dossiers([one for one in dossiers if one], begins, now) | _of_petitions(
        [one if tells_publication else {**one, "unpublished": False} for one in petitions if one], begins, now
    )


def order(event: Told) -> tuple[datetime, str]:
    return (at(event["time"]), event["id"])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def day(moment: datetime) -> date:
    return (moment.replace(tzinfo=None) - (moment.utcoffset() or timedelta()) + VIETNAM).date()


def dossier(told: list[Told]) -> dict[str, Any]:
    """What the document asks of a dossier; empty where it was never received."""
    received = [one for one in told if one["kind"] == "dossier.received"]
    if not received:
        return {}
    first = received[0]["data"]
    due = [
        one["data"].get("due_at") or one["data"].get("new_due_at")
        for one in told
        if one["kind"] in ("dossier.received", "dossier.supplemented", "dossier.rescheduled", "dossier.corrected")
        and (one["data"].get("due_at") or one["data"].get("new_due_at"))
    ]
    moves = [one for one in told if one["kind"] not in ("dossier.rated", "dossier.corrected")]
    corrected = [one["data"] for one in told if one["kind"] == "dossier.corrected"]
    came = [at(one["received_at"]) for one in corrected if one.get("received_at")]
    ended_again = [at(one["completed_at"]) for one in corrected if one.get("completed_at")]
    asked = [at(one["time"]) for one in told if one["kind"] == "dossier.supplement_requested"]
    given = [at(one["time"]) for one in told if one["kind"] == "dossier.supplemented"]
    state = moves[-1]["data"]["state_to"]
    worked = max((n for n, one in enumerate(moves) if one["data"]["state_to"] in (2, 4, 5, 6)), default=-1)
    ends = {one["kind"]: at(one["time"]) for one in moves[worked + 1 :]}
    if ended_again and "dossier.completed" in ends:
        ends["dossier.completed"] = ended_again[-1]
    end = next(
        (
            ends[kind]
            for kind in (
                "dossier.completed", "dossier.returned", "dossier.suspended", "dossier.withdrawn", "dossier.refused_intake",
            )
            if kind in ends
        ),
        None,
    )  # fmt: skip
    return {
        "received": came[-1] if came else at(received[0]["time"]),
        "due": at(due[-1]) if due else None,
        "end": end if state in (3, 7, 8, 9, 10) else None,
        "state": state,
        "requests": max(
            [len(asked), *(one["data"].get("request_no", 1) for one in told if "requested_at" in one["data"])]
        ),
        "asked": asked[-1] if asked else None,
        "waited": max(given[-1] - asked[-1], timedelta()) if given and asked else timedelta(),
        "online": (corrected[-1] if corrected else first)["channel"] == 2,
        "paper": first["requires_paper_result"],
        "fee": first["has_fee"],
        "paid_online": any(one["kind"] == "dossier.paid" and one["data"]["online"] for one in told),
        "digitised": first["digitised_component"],
        "reused": first["reused_data"],
        "store": first["from_national_store"],
        "e_result": any(one["kind"] == "dossier.completed" and one["data"]["e_result"] for one in told),
        "disliked": any(one["kind"] == "dossier.rated" and one["data"]["dissatisfied"] for one in told),
    }


def in_time(one: Told, now: datetime) -> bool:
    """Item 2.1."""
    if one["due"] is None:
        return True
    if one["end"] is None and one["state"] == 5:
        return one["requests"] == 1 and day(one["asked"]) <= day(one["due"])
    return day((one["end"] or now) - one["waited"]) <= day(one["due"])


def _of_dossiers(dossiers: list[dict[str, Any]], begins: datetime, now: datetime) -> dict[str, tuple[int, int]]:
    handled = [one for one in dossiers if one["end"] is None or one["end"] >= begins]
    came = [one for one in dossiers if one["received"] >= begins]
    needs = [one for one in came if one["paper"]]
    paying = [one for one in came if one["fee"]]

    def has_result(one: Told) -> bool:
        return not one["paper"] or one["e_result"]

    def share(of: list[dict[str, Any]], good: Iterable[bool]) -> Fraction | None:
        return Fraction(sum(good), len(of)) if of else None

    return {
        "2.1": points(share(handled, (in_time(one, now) for one in handled)), 20),
        "3.3": points(share(came, (one["online"] and has_result(one) for one in came)), 6, 50),
        "3.6": points(share(paying, (one["paid_online"] for one in paying)), 6),
        "4.1": points(share(needs, (one["e_result"] for one in needs)), 6),
        "4.2": points(share(came, (one["digitised"] and has_result(one) for one in came)), 4, 80),
        "4.3": points(share(came, (one["reused"] for one in came)), 2, 80),
        "4.4": points(share(came, (one["store"] or one["e_result"] for one in came)), 4),
        "5.4": points(share(handled, (in_time(one, now) and not one["disliked"] for one in handled)), 6, 90),
    }


def working_days(first: datetime, last: datetime) -> int:
    """Working days after the day of `first` until that of `last`."""
    days = (day(first) + timedelta(days=n + 1) for n in range((day(last) - day(first)).days))
    return sum(one.weekday() < 5 and one not in DAYS_OFF for one in days)


def petition(told: list[Told]) -> dict[str, Any]:
    """What the document asks of a petition."""
    kinds = [one["kind"].removeprefix("petition.") for one in told]
    if "received" not in kinds:
        return {}
    came = max(n for n, kind in enumerate(kinds) if kind in ("received", "supplemented", "reopened"))
    since = [(kind, at(one["time"])) for kind, one in zip(kinds[came:], told[came:], strict=True)]
    ends = [
        (kind, moment)
        for (kind, moment), one in zip(since, told[came:], strict=True)
        if kind in ("answered", "refused") or (kind == "transferred" and not one["data"].get("internal"))
    ]
    asked = [(kind, moment) for kind, moment in since if kind == "supplement_requested"]
    end = ends[0] if ends else (asked[0] if asked else None)
    published = [moment for kind, moment in since if kind == "published"]
    return {
        "first": at(told[kinds.index("received")]["time"]),
        "came": since[0][1],
        "end": end,
        "published": published[-1] if published else None,
        "unpublished": not published,
        "bad": "reopened" in kinds
        or any(one["kind"] == "petition.rated" and not one["data"]["satisfied"] for one in told),
    }


def petition_in_time(one: Told, now: datetime) -> bool:
    """Item 5.2."""
    if one["end"] is None:
        return working_days(one["came"], now) <= 15
    kind, moment = one["end"]
    limit = {"answered": 15, "supplement_requested": 5}.get(kind, 2)
    published = now if one["unpublished"] else one["published"]
    if kind == "answered" and published and working_days(moment, published) > 2:
        return False
    return working_days(one["came"], moment) <= limit


def _of_petitions(petitions: list[dict[str, Any]], begins: datetime, now: datetime) -> dict[str, tuple[int, int]]:
    handled = [one for one in petitions if one["end"] is None or one["end"][1] >= begins]
    counted = [one for one in petitions if one["first"] >= begins]
    return {
        "5.2": points(Fraction(sum(petition_in_time(one, now) for one in handled), len(handled)), 6)
        if handled
        else (600, 600),
        "5.3": points(Fraction(sum(petition_in_time(one, now) and not one["bad"] for one in counted), len(counted)), 6)
        if counted
        else (600, 600),
    }


def points(share: Fraction | None, most: int, full_at: int = 100) -> tuple[int, int]:
    """Points in hundredths, to two decimals, and the maximum; nothing of either where there is nothing to judge."""
    if share is None:
        return 0, 0
    exact = min(share * 100 / full_at, Fraction(1)) * most * 100
    return int(exact + Fraction(1, 2)), most * 100
