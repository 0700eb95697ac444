import time

import pytest

from ingest.contract.errors import InvalidEvent
from ingest.webhook import idempotency as module
from ingest.webhook.idempotency import KEPT, IdempotencyKeys


def test_the_same_post_gets_the_same_reply():
    replies = IdempotencyKeys()
    assert replies.given("a", "id", b"x") is None
    replies.give("a", "id", {"id": "e"})
    assert replies.given("a", "id", b"x") == {"id": "e"}
    assert replies.given("b", "id", b"x") is None


def test_another_body_is_a_conflict():
    replies = IdempotencyKeys()
    replies.given("a", "id", b"x")
    with pytest.raises(InvalidEvent) as fault:
        replies.given("a", "id", b"y")
    assert fault.value.reason == "conflict"


def test_a_post_that_was_not_accepted_may_come_mended():
    replies = IdempotencyKeys()
    replies.given("a", "id", b"x")
    replies.withdraw("a", "id")
    assert replies.given("a", "id", b"y") is None
    replies.give("a", "id", {})
    replies.withdraw("a", "id")
    assert replies.given("a", "id", b"y") == {}


def test_forgets_the_oldest_when_full_and_all_after_seven_days(monkeypatch):
    monkeypatch.setattr(module, "MOST", 3)
    replies = IdempotencyKeys()
    for number in range(5):
        replies.given("a", str(number), b"x")
        replies.give("a", str(number), {"n": number})
    assert replies.given("a", "4", b"x") == {"n": 4}
    assert replies.given("a", "0", b"x") is None
    later = time.monotonic() + KEPT.total_seconds() + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert replies.given("a", "4", b"x") is None
