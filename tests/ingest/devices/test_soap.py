"""Questions in SOAP, signed as the profile says, and what is read of answers."""

import base64
import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from defusedxml.ElementTree import fromstring

from ingest.contract.errors import InvalidEvent
from ingest.devices.soap import clock_ahead, reference_parameters, soap_answer, soap_question, username_token


def test_the_digest_is_that_of_the_example_in_the_onvif_programmers_guide(monkeypatch: pytest.MonkeyPatch) -> None:
    nonce = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")
    monkeypatch.setattr(secrets, "token_bytes", lambda size: nonce)
    made = username_token("user", "userpassword", datetime(2010, 9, 16, 7, 50, 45, tzinfo=UTC))
    assert re.findall(r">([^<>]+)<", made) == ["user", "tuOSpGlFlIXsozq4HFNeeGeFLEI=", "LKqI6G/AikKCQrN0zqZFlg==", "2010-09-16T07:50:45Z"]  # fmt: skip


def test_a_question_is_xml_whatever_the_account_and_the_address_are() -> None:
    security = username_token("<&>", "x", datetime.now(UTC))
    question = fromstring(soap_question("<e:PullMessages/>", "a&b", "http://x/?a=1&b=<", security))
    assert question.findtext(".//{*}Username") == "<&>"
    assert question.findtext(".//{*}To") == "http://x/?a=1&b=<"


def test_parameters_are_repeated_with_their_namespaces_and_nothing_else_is() -> None:
    answer = b'<a xmlns:x="urn:x"><b><ReferenceParameters><x:Id>5</x:Id>more</ReferenceParameters></b></a>'
    (made,) = fromstring(b"<r>" + reference_parameters(answer).encode() + b"</r>")
    assert (made.tag, made.text, made.tail) == ("{urn:x}Id", "5", None)
    assert reference_parameters(b"<a/>") == ""
    with pytest.raises(InvalidEvent, match="not_xml"):
        reference_parameters(b'<!DOCTYPE a [<!ENTITY b "x">]><a>&b;</a>')


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("ter:NotAuthorized", "not_authorized"),
        ("wsse:FailedAuthentication", "not_authorized"),
        ("ter:Action", "soap_fault"),
    ],
)
def test_a_fault_tells_whether_it_is_the_account(code: str, reason: str) -> None:
    fault = f"<Fault><Code><Value>s:Sender</Value><Subcode><Value>{code}</Value></Subcode></Code><Reason>Nguyễn</Reason></Fault>"
    with pytest.raises(InvalidEvent) as told:
        soap_answer(f"<s:Envelope xmlns:s='urn:s'><s:Body>{fault}</s:Body></s:Envelope>".encode())
    assert (told.value.reason, told.value.detail) == (reason, f"it refuses: s:Sender / {code}")


NOW = datetime(2026, 11, 29, tzinfo=UTC)
DATE = {"Year": "2015", "Month": "1", "Day": "2"}


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        (DATE, datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC) - NOW),
        ({**DATE, "Month": "13"}, timedelta()),
        ({**DATE, "Year": "99999"}, timedelta()),
        ({"Year": []}, timedelta()),
        ("today", timedelta()),
    ],
)
def test_a_clock_that_makes_no_sense_is_taken_for_ours(date: object, ahead: timedelta) -> None:
    utc = {"Date": date, "Time": {"Hour": "3", "Minute": "4", "Second": "5"}}
    assert clock_ahead({"GetSystemDateAndTimeResponse": {"SystemDateAndTime": {"UTCDateTime": utc}}}, NOW) == ahead
    assert clock_ahead({}, NOW) == timedelta()
