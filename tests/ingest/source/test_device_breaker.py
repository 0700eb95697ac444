from collections import Counter

import pytest

from connectors.declared.ready import standing_connectors
from connectors.frigate import CONNECTOR as FRIGATE
from connectors.smart_loudspeaker import CONNECTOR as LOUDSPEAKERS
from ingest.source import device_breaker as module
from ingest.source.circuit_breaker import PAUSE, TRIED
from ingest.source.device_breaker import FEWEST_OF_DEVICE, UNNAMED, DeviceBreaker, DeviceVerdict, device_namer
from ingest.source.failure_rate import FEWEST

CAMERAS = [f"cam-{number}" for number in range(70)]


class Clock:
    now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(module, "time", one := Clock())
    return one


@pytest.fixture
def breaker(clock):
    one = DeviceBreaker("frigate")
    assert one.judge([(camera, False) for camera in CAMERAS]) == [DeviceVerdict.GOES_ON] * len(CAMERAS)
    return one


def counted(verdicts):
    return Counter(one.value for one in verdicts)


def test_one_device_is_set_aside_and_the_others_go_on(breaker):
    verdicts = breaker.judge([("cam-0", True)] * 1000)
    assert counted(verdicts) == {
        "goes on": FEWEST_OF_DEVICE - 1,
        "sets its device aside": 1,
        "let go": 1000 - FEWEST_OF_DEVICE,
    }
    assert breaker.aside == ["cam-0"]
    assert counted(breaker.judge([(camera, False) for camera in CAMERAS])) == {"goes on": 70}
    assert breaker.judge([("cam-0", False), ("cam-1", True)]) == [DeviceVerdict.GOES_ON] * 2


def test_what_names_no_device_does_not_stop_what_does(breaker):
    assert counted(breaker.judge([(UNNAMED, True)] * 1000))["goes on"] == FEWEST - 1
    assert counted(breaker.judge([(camera, False) for camera in CAMERAS])) == {"goes on": 70}


def test_names_that_are_made_up_stop_nobody_and_are_bounded(breaker, monkeypatch):
    monkeypatch.setattr(module, "MOST_DEVICES", most := 100)
    for number in range(3 * most):
        assert breaker.judge([(f"made-up-{number}", True)] * FEWEST_OF_DEVICE) is not None
    assert len(breaker) <= most + 1
    assert counted(breaker.judge([("made-up-0", True)] * 100))["let go"] > 0
    assert counted(breaker.judge([(camera, False) for camera in CAMERAS])) == {"goes on": 70}


def test_when_most_devices_fail_the_source_is_at_fault(breaker):
    for camera in CAMERAS[:35]:
        assert breaker.judge([(camera, True)] * FEWEST_OF_DEVICE) is not None
    assert breaker.judge([(CAMERAS[35], True)] * FEWEST_OF_DEVICE) is None
    assert breaker.aside == []


def test_devices_that_are_listed_are_there_before_they_have_spoken(clock):
    one = DeviceBreaker("isapi", listed=CAMERAS[:4])
    for camera in CAMERAS[:2]:
        assert one.judge([(camera, False), *[(camera, True)] * FEWEST_OF_DEVICE]) is not None
    assert one.aside == CAMERAS[:2]
    assert one.judge([(CAMERAS[2], True)] * FEWEST_OF_DEVICE) is None


@pytest.mark.parametrize("names", [[UNNAMED], ["a", "b", "c"]])
def test_a_source_that_never_made_sense_is_at_fault(clock, names):
    one = DeviceBreaker("toy")
    judged = [one.judge([(name, True)] * FEWEST) for name in names]
    assert [verdicts is None for verdicts in judged] == [False] * (len(names) - 1) + [True]


def test_a_broken_device_that_speaks_first_does_not_stop_the_source(clock):
    one = DeviceBreaker("smart_loudspeaker")
    assert counted(one.judge([("broken", True)] * 1000))["let go"] == 1000 - FEWEST_OF_DEVICE
    assert one.judge([("well", False)]) == [DeviceVerdict.GOES_ON]


def test_a_device_that_was_mended_comes_back_after_a_trial(breaker, clock):
    breaker.judge([("cam-0", True)] * FEWEST_OF_DEVICE)
    for is_bad, aside in ((True, ["cam-0"]), (False, [])):
        clock.now += PAUSE.total_seconds()
        assert breaker.judge([("cam-0", is_bad)] * TRIED) == [DeviceVerdict.GOES_ON] * TRIED
        assert breaker.aside == aside
    assert breaker.judge([("cam-0", True)]) == [DeviceVerdict.GOES_ON]


def test_an_allowance_is_for_all_devices(clock):
    one = DeviceBreaker("frigate", allowance=500)
    assert counted(one.judge([("cam-0", True)] * 500)) == {"goes on": 500}
    assert DeviceVerdict.SETS_ASIDE in (one.judge([("cam-0", True)] * FEWEST_OF_DEVICE) or ())


@pytest.mark.parametrize(
    ("connector", "topic", "payload", "device"),
    [
        (FRIGATE, "frigate/events", b'{"after": {"camera": "cam-1"}}', "cam-1"),
        (FRIGATE, "frigate/events", b'{"after": {"camera": 1}}', UNNAMED),
        (FRIGATE, "frigate/events", b'{"after": []}', UNNAMED),
        (FRIGATE, "frigate/events", b"[]", UNNAMED),
        (FRIGATE, "frigate/events", b"{", UNNAMED),
        (FRIGATE, "frigate/events", b'{"after": {"camera": "' + b"x" * 65 + b'"}}', UNNAMED),
        (FRIGATE, "frigate/cam-1/status/detect", b"{", "cam-1"),
        (LOUDSPEAKERS, "loa/tdp-017-l1/broadcast", b"{", "tdp-017-l1"),
        (LOUDSPEAKERS, "loa/schedule/1", b"{", UNNAMED),
        (standing_connectors()[0], "camera_desk/acknowledged", b'{"camera": "cam-1"}', UNNAMED),
    ],
)
def test_a_message_names_its_device_by_topic_or_field(connector, topic, payload, device):
    assert device_namer(connector.way)(topic, payload) == device
