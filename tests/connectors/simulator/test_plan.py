"""The pretend ward's plan: the same for the same seed, plausible, inside hours, and accepted by every connector."""

import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from statistics import mean

import pytest
from paho.mqtt.client import topic_matches_sub
from pydantic import SecretStr

from connectors import catalogue
from connectors.simulator import plan
from connectors.simulator.message import SimulatedMessage
from connectors.simulator.systems import camera_desk, dossiers, frigate, hall, kiosk, loudspeakers, office, outages
from connectors.simulator.ward import COUNTERS, Pretend
from ingest.contract.calendar import OFFICE, local_day, ward_moment
from ingest.contract.connector import Context, Subscription
from ingest.contract.event import Event
from ingest.contract.events import camera, dossier, queue, speaker
from ingest.source.mapper import Mapper
from ingest.untrusted.pseudonym import pseudonymiser

PRETEND = Pretend()
MONDAY, THURSDAY, SATURDAY = date(2026, 11, 16), date(2026, 11, 19), date(2026, 11, 21)
HOLIDAY = date(2026, 9, 2)
MONTH = [date(2026, 10, 5) + timedelta(days=n) for n in range(28)]


class _At:
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


def mapped(messages: list[SimulatedMessage]) -> list[Event]:
    clock = _At()
    secret = pseudonymiser(SecretStr("thirty-two characters at the least"))
    mappings = {one.id: Mapper(one, Context(clock, "hong-bang", secret)) for one in catalogue()}
    found = []
    for message in messages:
        clock.moment = message.at
        mapper = mappings[message.system]
        way = mapper.connector.way
        payloads = way.payloads.items() if isinstance(way, Subscription) else ()
        payload = next((one for filter_, one in payloads if topic_matches_sub(filter_, message.address)), None)
        taken = mapper.take(message.body, payload=payload, address=message.address, retained=message.retain)
        assert taken.dead_letter is None, taken.dead_letter
        found += [envelope.data for envelope in taken.envelopes]
    return found


def day_plan(pretend: Pretend, day: date) -> list[SimulatedMessage]:
    """All that is said on one local day in posts, pages of dossiers and by loudspeakers, in order."""
    posted = [message for system in plan.WEBHOOKS for message in plan.posts_of_day(pretend, system, day, date.min)]
    said = [*posted, *plan.dossier_items(pretend, day), *loudspeakers.happenings(pretend, day)]
    return sorted(said, key=lambda message: message.at)


@pytest.mark.heavy
def test_a_day_follows_from_seed_ward_and_date() -> None:
    morning = ward_moment(THURSDAY, time(8))
    said = day_plan(PRETEND, THURSDAY)
    seen = frigate.frigate_messages(PRETEND, morning, morning + timedelta(minutes=10))
    for module in (
        hall.simulate_hall,
        kiosk.kiosk,
        dossiers.dossiers,
        office.documents,
        office.published_posts,
        frigate.minute_messages,
    ):
        module.cache_clear()
    assert day_plan(Pretend(), THURSDAY) == said
    assert frigate.frigate_messages(Pretend(), morning, morning + timedelta(minutes=10)) == seen
    assert kiosk.kiosk(Pretend(seed=2), THURSDAY) != kiosk.kiosk(PRETEND, THURSDAY)
    assert kiosk.kiosk(Pretend(ward="le-chan"), THURSDAY) != kiosk.kiosk(PRETEND, THURSDAY)
    assert [one.at for one in said] == sorted(one.at for one in said)
    assert {one.system for one in said} >= {"queue_kiosk", "dossier_portal", "smart_loudspeaker", "document_office"}


def test_every_message_is_accepted() -> None:
    said = [message for system in plan.WEBHOOKS for message in plan.posts_of_day(PRETEND, system, MONDAY, MONDAY)]
    start = ward_moment(MONDAY, time(8, 30))
    hour = start + timedelta(hours=1)
    said += [*plan.dossier_items(PRETEND, MONDAY), *loudspeakers.happenings(PRETEND, MONDAY)]
    said += [*loudspeakers.heartbeats(PRETEND, start, hour), *frigate.frigate_messages(PRETEND, start, hour)]
    kinds = Counter(type(event) for event in mapped(said))
    assert kinds[queue.TicketIssued] > 200
    assert kinds[dossier.DossierReceived] > 60
    assert kinds[speaker.DeviceHeartbeat] > 60 * 60
    assert kinds[speaker.BroadcastCompleted] > 100
    assert kinds[camera.HealthOnline] > 42
    assert 900 < kinds[camera.DetectionStarted] < 2500


def test_ids_are_unique_and_a_post_with_the_same_id_has_the_same_body() -> None:
    said = [message for system in plan.WEBHOOKS for message in plan.posts_of_day(PRETEND, system, THURSDAY, THURSDAY)]
    assert len({(message.system, message.id) for message in said}) == len(said)
    again = [message for system in plan.WEBHOOKS for message in plan.posts_of_day(PRETEND, system, THURSDAY, date.min)]
    assert {message.id: message.body for message in again}.items() <= {one.id: one.body for one in said}.items()


def test_visits_are_plausible() -> None:
    visits, waits, kinds = [], [], Counter[str]()
    for day in MONTH:
        steps = hall.simulate_hall(PRETEND, day)
        kinds.update(step.event for step in steps)
        seen = {step.visit.number: step.visit for step in steps if step.visit}
        visits += [len(seen)] if seen else []
        waits += [(one.called_at - one.issued_at).total_seconds() / 60 for one in seen.values() if one.called_at]
    assert 245 < mean(visits) < 290
    assert 2 < mean(waits) < 8
    assert 0.03 < kinds["ticket.noshow"] / kinds["ticket.created"] < 0.06
    assert 0.01 < kinds["ticket.transferred"] / kinds["ticket.created"] < 0.04
    assert mean(len(hall.simulate_hall(PRETEND, day)) for day in MONTH if day.weekday() == 0) > mean(
        len(hall.simulate_hall(PRETEND, day)) for day in MONTH if day.weekday() == 4
    )


@pytest.mark.parametrize("day", [SATURDAY, HOLIDAY])
def test_a_day_off_has_no_queue_but_loudspeakers_and_cameras_go_on(day: date) -> None:
    assert hall.simulate_hall(PRETEND, day) == ()
    assert kiosk.kiosk(PRETEND, day) == ()
    assert office.documents(PRETEND, day) == ()
    assert outages.outages(PRETEND, day) == ()
    assert all(one.channel == 2 for one in dossiers.dossiers(PRETEND, day))
    start = ward_moment(day, time(9))
    assert len(frigate.frigate_messages(PRETEND, start, start + timedelta(minutes=10))) > 100
    assert len(loudspeakers.happenings(PRETEND, day)) > 100


@pytest.mark.parametrize("day", MONTH[:12])
def test_the_office_does_nothing_outside_hours(day: date) -> None:
    periods = OFFICE.periods(day)
    for step in hall.simulate_hall(PRETEND, day):
        if step.event == "ticket.created":
            assert OFFICE.is_open(step.at)
        else:
            # Who sits at a counter at closing time is still served; what is left is swept out.
            assert any(opens <= step.at <= closes + timedelta(minutes=15) for opens, closes in periods)


def test_a_ticket_has_one_life_and_a_counter_one_visitor() -> None:
    lives: dict[str, list[str]] = defaultdict(list)
    at_counter: dict[str, str | None] = dict.fromkeys(COUNTERS)
    opened: set[str] = set()
    for step in hall.simulate_hall(PRETEND, MONDAY):
        if step.event == "counter.opened":
            opened.add(step.counter)
        if step.visit is None:
            continue
        lives[step.visit.number].append(step.event)
        if step.event == "ticket.called":
            assert step.counter in opened
            assert at_counter[step.counter] is None
            at_counter[step.counter] = step.visit.number
        if step.event in ("ticket.served", "ticket.noshow"):
            at_counter[step.counter] = None
    ends = {"ticket.served", "ticket.noshow", "ticket.cancelled", "ticket.expired"}
    for events in lives.values():
        assert events[0] == "ticket.created"
        assert events[-1] in ends
        assert sum(event in ends for event in events) == 1
        assert events.count("ticket.called") <= 1


def test_priority_is_called_first() -> None:
    waits: dict[bool, list[float]] = {True: [], False: []}
    for day in MONTH:
        for step in hall.simulate_hall(PRETEND, day):
            if step.event == "ticket.called" and step.visit:
                waits[step.visit.priority == "thuong"].append((step.at - step.visit.issued_at).total_seconds())
    assert mean(waits[False]) < mean(waits[True]) / 2


def test_loudspeakers_fail_now_and_then() -> None:
    moments = [ward_moment(MONDAY, time(3)) + timedelta(hours=7 * n) for n in range(40)]
    offline = [
        sum(not loudspeakers.connected(PRETEND, device, at) for device in loudspeakers.DEVICES) for at in moments
    ]
    assert 0.3 < mean(offline) < 2
    assert max(offline) <= 10
    events = mapped([one for day in MONTH[:7] for one in loudspeakers.happenings(PRETEND, day)])
    kinds = Counter(type(event) for event in events)
    assert kinds[speaker.DeviceOffline] > 1
    assert abs(kinds[speaker.DeviceFault] - kinds[speaker.DeviceRestored]) < 6
    assert kinds[speaker.BroadcastFailed] > 0
    assert kinds[speaker.BroadcastFailed] + kinds[speaker.BroadcastCompleted] == len(loudspeakers.DEVICES) * sum(
        not one.called_off for day in MONTH[:7] for one in loudspeakers.broadcasts(PRETEND, day)
    )


def test_an_emergency_is_heard_at_once_and_late_by_few() -> None:
    year = (MONTH[0] + timedelta(days=n) for n in range(365))
    days = [day for day in year if any(one.type == "khan_cap" for one in loudspeakers.broadcasts(PRETEND, day))]
    assert 2 <= len(days) <= 14
    events = mapped([one for day in days[:6] for one in loudspeakers.happenings(PRETEND, day)])
    waits = [
        (event.at - event.issued_at).total_seconds()
        for event in events
        if isinstance(event, speaker.BroadcastStarted) and event.bulletin_type == "khan_cap" and event.issued_at
    ]
    assert len(waits) > 120
    assert 0 < sum(wait > 60 for wait in waits) < len(waits) / 10


def test_heartbeats_do_not_depend_on_how_time_is_cut() -> None:
    start = ward_moment(MONDAY, time(5, 55))
    end = start + timedelta(minutes=12)
    cuts = [start, start + timedelta(seconds=1), start + timedelta(seconds=100), end]
    pieces = [one for a, b in pairwise(cuts) for one in loudspeakers.heartbeats(PRETEND, a, b)]
    assert pieces == loudspeakers.heartbeats(PRETEND, start, end)
    pieces = [one for a, b in pairwise(cuts) for one in frigate.frigate_messages(PRETEND, a, b)]
    assert sorted(pieces) == sorted(frigate.frigate_messages(PRETEND, start, end))


def test_cameras_see_less_at_night_and_one_fails_now_and_then() -> None:
    night = ward_moment(MONDAY, time(2))
    rush = ward_moment(MONDAY, time(17))
    by_night = frigate.frigate_messages(PRETEND, night, night + timedelta(hours=1))
    by_day = frigate.frigate_messages(PRETEND, rush, rush + timedelta(hours=1))
    assert len(by_night) < len(by_day) / 3
    assert 0.8 < len(by_day) / 3600 < 2.5
    failing = [
        sum(frigate.without_picture(PRETEND, one, night + timedelta(hours=n)) for one in frigate.CAMERAS)
        for n in range(60 * 24)
    ]
    assert set(failing) == {0, 1}
    assert 0.02 < mean(failing) < 0.15


def test_an_object_counts_once() -> None:
    start = ward_moment(MONDAY, time(9))
    events = mapped(frigate.frigate_messages(PRETEND, start, start + timedelta(minutes=20)))
    started = [
        event.event_ref
        for event in events
        if isinstance(event, camera.DetectionStarted) and event.detection == "line_cross"
    ]
    assert len(started) == len(set(started)) > 200


def test_outages_are_in_working_hours_and_short() -> None:
    found = [one for day in MONTH for one in outages.outages(PRETEND, day)]
    assert 1 <= len(found) <= 8
    assert all(OFFICE.is_open(one.begins) and OFFICE.is_open(one.ends) for one in found)
    assert all(timedelta(minutes=10) <= one.ends - one.begins <= timedelta(minutes=40) for one in found)


def test_smaller_systems_are_plausible() -> None:
    working = [day for day in MONTH if OFFICE.is_working_day(day)]
    issued = [sum(b"phat_hanh" in one.body for one in office.documents(PRETEND, day)) for day in working]
    assert 33 < mean(issued) < 47
    assert 10 < mean(len(office.published_posts(PRETEND, day)) for day in working) < 18
    came = [sum(b'"tiep_nhan"' in one.body for one in office.petitions(PRETEND, day)) for day in MONTH]
    assert 1 <= sum(came) <= 8
    bodies = [json.loads(one.body) for day in working for one in office.documents(PRETEND, day)]
    assert all(one["vanBan"]["daKySo"] for one in bodies if one["loai"] == "phat_hanh")


def test_the_past_of_open_petitions_is_told_on_the_first_day() -> None:
    told = plan.posts_of_day(PRETEND, office.PETITIONS, THURSDAY, THURSDAY)
    assert {local_day(message.at) for message in told} > {THURSDAY} or len(told) > 0
    assert all(local_day(message.at) <= THURSDAY for message in told)
    assert [message.at for message in told] == sorted(message.at for message in told)


def test_alerts_are_acknowledged_mostly_at_once_and_late_now_and_then() -> None:
    start, end = ward_moment(MONDAY, time(0)), ward_moment(MONDAY, time(0)) + timedelta(days=7)
    begun = {
        json.loads(one.body)["after"]["id"]
        for minute in range(int((end - start) / timedelta(minutes=1)))
        for one in frigate.reviews(PRETEND, start + timedelta(minutes=minute))
        if b'"severity":"alert"' in one.body
    }
    told = camera_desk.desk_messages(PRETEND, start, end + camera_desk.LATEST)
    bodies = [json.loads(one.body) for one in told]
    waits = [body["thoiGian"] - float(body["maSuKien"].split("-")[0]) for body in bodies]
    assert begun <= {body["maSuKien"] for body in bodies}
    assert mean(waits) < 15 * 60
    assert 0.03 < sum(wait > 300 for wait in waits) / len(waits) < 0.4
    assert {type(event) for event in mapped(told)} == {camera.AlertAcknowledged}
