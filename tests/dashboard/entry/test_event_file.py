"""Events of before: which are taken, by what the warehouse knows, and what is said before they are."""

from datetime import UTC, date, datetime
from typing import cast

import pytest

from dashboard.entry import event_file
from dashboard.entry.amount import EntryRefused
from dashboard.entry.event_file import event_plan_said, plan_events
from ingest.administration.message import ImportedRow, MappedFile
from ingest.contract.label import Label
from warehouse.query.past_events import PastKnown, UnfinishedLife
from warehouse.store.client import Client

AT = datetime(2026, 12, 3, 3, tzinfo=UTC)
NOTHING = PastKnown(None, None, {}, frozenset(), {})


def post(row: int, ref: str, at: str) -> ImportedRow:
    said = f'{{"platform":"zalo","post_ref":"{ref}","topic_code":"cchc","published_at":"{at}"}}'
    return ImportedRow(row=row, cell=f"A{row}", event=said)


def plan(monkeypatch, known, *rows):
    monkeypatch.setattr(event_file, "known_past", lambda *asked: known)
    mapped = MappedFile(kind="post.published", rows=rows, dropped=("Họ tên",))
    return plan_events(cast(Client, None), "hong-bang", "lo-1", mapped, AT)


def test_what_is_there_already_and_what_stands_twice_counts_once(monkeypatch):
    rows = (
        post(2, "b2", "2026-03-06T01:30:00Z"),
        post(3, "b1", "2026-03-05T01:30:00Z"),
        post(4, "b1", "2026-03-05T01:30:00Z"),
    )
    found = plan(monkeypatch, NOTHING, *rows)
    assert [one.subject for one in found.events] == ["b1", "b2"]
    assert (found.same, found.days) == (1, (date(2026, 3, 5), date(2026, 3, 6)))
    assert all(one.id.startswith("import.") for one in found.events)
    again = plan(monkeypatch, NOTHING._replace(stored=frozenset(one.id for one in found.events)), *rows)
    assert (again.events, again.same) == ([], 3)
    said = " ".join(words.vi for words in event_plan_said(found))
    for part in ("2 sự kiện mới, 1 dòng đã có", "Từ 05/03/2026 đến 06/03/2026", "Họ tên", "hoàn tác được cả lần nhập"):
        assert part in said


@pytest.mark.parametrize(
    ("known", "at", "why"),
    [
        (NOTHING, "2025-06-30T16:00:00Z", "hoạt động từ 01/07/2025"),
        (NOTHING._replace(since=date(2026, 3, 5)), "2026-03-05T01:30:00Z", "từ ngày 05/03/2026"),
        (NOTHING._replace(lost_until=date(2026, 3, 5)), "2026-03-05T01:30:00Z", "hết hạn lưu"),
        (NOTHING._replace(totals={date(2026, 3, 5): "V02"}), "2026-03-05T01:30:00Z", "tổng ngày đã nhập của V02"),
        (
            NOTHING._replace(unfinished={"b1": UnfinishedLife(Label("Tin", "News"), ("D05", "D07"))}),
            "2026-03-05T01:30:00Z",
            "hôm nay sẽ còn tính trong D05, D07",
        ),
    ],
)
def test_an_event_that_would_not_come_out_right_is_named_by_its_cell(monkeypatch, known, at, why):
    found = plan(monkeypatch, known, post(2, "b1", at))
    assert [(fault.cell, why in fault.said.vi) for fault in found.faults] == [("A2", True)]
    assert found.events == []


def test_a_row_that_the_connectors_could_not_read_says_so_and_an_empty_file_is_refused(monkeypatch):
    wrong = ImportedRow(row=2, cell="E2", reason="invalid_time", detail="published_at: …")
    other = ImportedRow(row=3, cell="B3", reason="invalid_field", detail="platform: Input should be 'zalo'")
    first, second = plan(monkeypatch, NOTHING, wrong, other).faults
    assert (first.cell, "không phải ngày giờ" in first.said.vi) == ("E2", True)
    assert "platform" in second.said.vi
    with pytest.raises(EntryRefused, match="không có dòng nào"):
        plan(monkeypatch, NOTHING)
