"""Values are read in the forms that are declared, and in no other."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.declared.value import field_kind, is_time_form, to_list, to_number, to_text, to_time, to_truth
from ingest.contract.errors import InvalidEvent
from ingest.contract.events.camera import DetectionStarted
from ingest.contract.events.dossier import DossierCorrected, DossierReceived
from ingest.contract.events.queue import TicketIssued

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("value", "form", "utc"),
    [
        ("31/12/2026 23:30", "dd/mm/yyyy HH:MM", "2026-12-31T16:30:00+00:00"),
        ("01/02/2026", "dd/mm/yyyy", "2026-01-31T17:00:00+00:00"),
        ("2026-02-01 08:15:00", "iso", "2026-02-01T01:15:00+00:00"),
        ("2026-02-01T08:15:00Z", "iso", "2026-02-01T08:15:00+00:00"),
        ("2026-02-01T08:15:00+09:00", "iso", "2026-01-31T23:15:00+00:00"),
        ("2026-02-01T08:15:00+09:00", "rfc3339", "2026-01-31T23:15:00+00:00"),
        (1_772_413_200, "epoch_s", "2026-03-02T01:00:00+00:00"),
        ("1772413200", "epoch_s", "2026-03-02T01:00:00+00:00"),
        (1_772_413_200_123, "epoch_ms", "2026-03-02T01:00:00.123000+00:00"),
    ],
)
def test_times(value, form, utc):
    assert to_time(value, (form,), ZONE) == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    ("value", "form"),
    [("31/02/2026", "dd/mm/yyyy"), ("12/31/2026", "dd/mm/yyyy"), ("01/02/26", "dd/mm/yyyy"), ("20260201", "iso"), (5, "iso"), ("2026-02-01T08:15:00", "rfc3339"),
     ("01/01/1970", "dd/mm/yyyy"), (0, "epoch_s"), (1e300, "epoch_ms"), (float("nan"), "epoch_s"), (True, "epoch_s"), (None, "iso"),
     ("01/01/2200", "dd/mm/yyyy"), ("x" * 10_000, "iso"), ("9" * 400, "epoch_s")],
)  # fmt: skip
def test_what_is_no_time(value, form):
    with pytest.raises(InvalidEvent, match="invalid_time"):
        to_time(value, (form,), ZONE)


def test_forms_of_times():
    assert all(map(is_time_form, ("iso", "epoch_s", "epoch_ms", "dd/mm/yyyy", "dd-mm-yyyy HH:MM:SS", "yyyymmdd HHMM")))
    assert not any(map(is_time_form, ("", "date", "%d/%m/%Y", "dd/mm", "HH:MM")))


@pytest.mark.parametrize(
    ("value", "form", "number"),
    [("1.234,5", "1.234,5", 1234.5), ("1.000", "1.234,5", 1000), ("-12", "1.234,5", -12), ("1,234.5", "1,234.5", 1234.5),
     ("1,5", "1.234,5", 1.5), (7, None, 7), (7.0, "1.234,5", 7), (7.25, None, 7.25)],
)  # fmt: skip
def test_numbers(value, form, number):
    assert to_number(value, form) == number


@pytest.mark.parametrize(
    ("value", "form"),
    [("12", None), ("1.5", "1.234,5"), ("1.00", "1.234,5"), ("", "1.234,5"), (True, None),
     ("1e5", "1,234.5"), ("٣", "1.234,5"), ([], None), ("1" * 400, "1.234,5"), ("NaN", "1,234.5"), (None, None)],
)  # fmt: skip
def test_what_is_no_number(value, form):
    with pytest.raises(InvalidEvent, match="invalid_number"):
        to_number(value, form)


def test_texts_truth_and_lists():
    assert [to_text(one) for one in (" a ", 12, 12.0)] == ["a", "12", "12"]
    assert to_truth(True) is True
    assert to_list(["a", 1]) == ["a", "1"]
    wrong: Any
    for wrong in ("", "  ", True, 1.5, {}, [], None, "x" * 501):
        with pytest.raises(InvalidEvent):
            to_text(wrong)
    for wrong in ("true", 1, 0, None):
        with pytest.raises(InvalidEvent):
            to_truth(wrong)
    for wrong in ("a", ["a"] * 65, [[]]):
        with pytest.raises(InvalidEvent):
            to_list(wrong)


def test_kinds_of_fields():
    kinds = {(event, name): field_kind(event, name) for event in (DossierReceived, TicketIssued, DossierCorrected, DetectionStarted)
             for name in event.model_fields}  # fmt: skip
    assert kinds[DossierReceived, "dossier_ref"] == "pseudonym"
    assert kinds[DossierReceived, "due_at"] == "time"
    assert kinds[DossierReceived, "channel"] == "whole"
    assert kinds[DossierReceived, "limit_unit"] == "text"
    assert kinds[DossierReceived, "has_fee"] == "truth"
    assert kinds[TicketIssued, "local_date"] == "day"
    assert kinds[DossierCorrected, "fields"] == "list"
    assert kinds[DetectionStarted, "score"] == "number"
