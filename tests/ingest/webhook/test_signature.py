import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from ingest.webhook.signature import Signatures

OLD, NEW, OTHER = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
BODY = b'{"a": 1}'
SIGNATURES = Signatures({"kiosk": (NEW, OLD), "single": (NEW,)})


def headers(secret=NEW, body=BODY, at=None, id_="m1"):
    at = at or datetime.now(UTC)
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(id_, at, body.decode()),
    }


def test_both_live_secrets_are_accepted():
    for secret in (NEW, OLD):
        assert SIGNATURES.verified("kiosk", BODY, headers(secret)) is None
    assert SIGNATURES.verified("single", BODY, headers(NEW)) is None
    assert SIGNATURES.verified("single", BODY, headers(OLD)) == "signature"


def test_one_right_signature_of_several_is_enough():
    both = headers(OTHER)
    both["webhook-signature"] = f"v1a,xxxx {both['webhook-signature']} {headers(NEW)['webhook-signature']}"
    assert SIGNATURES.verified("kiosk", BODY, both) is None


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("kiosk", lambda: headers(OTHER)),
        ("nobody", lambda: headers(NEW)),
        ("kiosk", lambda: headers(body=b'{"a":1}')),  # signed after writing it anew
        ("kiosk", lambda: {**headers(), "webhook-id": "m2"}),
        ("kiosk", lambda: {**headers(), "webhook-id": ""}),
        ("kiosk", lambda: {**headers(), "webhook-signature": ""}),
        ("kiosk", lambda: {**headers(), "webhook-signature": "v1"}),
        ("kiosk", lambda: {**headers(), "webhook-signature": "v1,%%%"}),
        ("kiosk", lambda: {**headers(), "webhook-signature": "v1,ễ"}),
        ("kiosk", lambda: {**headers(), "webhook-timestamp": "now"}),
        ("kiosk", lambda: {**headers(), "webhook-timestamp": "nan"}),
        ("kiosk", lambda: headers(id_="x" * 201)),
        ("kiosk", dict),
    ],
)
def test_a_wrong_signature_and_an_unknown_source_are_the_same(source, changed):
    assert (
        SIGNATURES.verified(source, BODY, changed()) == "signature"
    )  # signed only now: five minutes later it is stale


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_is_good_for_five_minutes(minutes):
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    for source in ("kiosk", "nobody"):
        assert SIGNATURES.verified(source, BODY, headers(at=at)) == "stale"


@given(st.binary(max_size=50), st.text(max_size=50), st.text(max_size=20), st.text(max_size=10))
def test_nothing_made_up_is_accepted(body, signature, at, id_):
    made_up = {"webhook-id": id_, "webhook-timestamp": at, "webhook-signature": signature}
    assert SIGNATURES.verified("kiosk", body, made_up) in ("signature", "stale")
