"""Files of events of before: what a row becomes, what is wrong in which cell, and what is never read."""

import json
from datetime import UTC, datetime

import pytest

from connectors.managed import event_import
from connectors.managed.event_import import importable_events, map_event_file
from dashboard.entry.template import EVENTS, template_file
from ingest.administration.message import SourceRefused
from ingest.contract.clock import PretendClock
from ingest.contract.connector import Context

AT = datetime(2026, 12, 3, 3, tzinfo=UTC)
CONTEXT = Context(PretendClock(AT, AT, 0), "hong-bang", lambda code: f"{abs(hash(code)):032x}"[-32:])
HEAD = "Loại sự kiện;platform;post_ref;topic_code;published_at;Họ tên\n"


def mapped(tmp_path, text, name="tin.csv"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return map_event_file(file, CONTEXT)


def test_a_row_becomes_what_the_model_takes_and_personal_columns_are_not_read(tmp_path):
    made = mapped(tmp_path, HEAD + "post.published;zalo;b1;cchc;05/03/2026 08:30;Nguyễn Văn An\n")
    (row,) = made.rows
    assert json.loads(row.event) == {
        "platform": "zalo", "post_ref": "b1", "topic_code": "cchc", "published_at": "2026-03-05T01:30:00Z",
    }  # fmt: skip
    assert made.dropped == ("Họ tên",)
    assert "Nguyễn" not in made.model_dump_json()
    line = {"Loại sự kiện": "post.published", "platform": "zalo", "post_ref": "b1", "topic_code": "cchc"}
    same = mapped(tmp_path, json.dumps({**line, "published_at": "2026-03-05T08:30:00+07:00"}), "tin.jsonl")
    assert same.rows[0].event == row.event
    code = "Loại sự kiện;dossier_ref;unit_id;procedure_code;field_code;channel;state_to;completed_at;e_result\n"
    dossier = mapped(tmp_path, code + "dossier.completed;H24.12-0001;H24.12;1.005129;ho_tich;1;9;05/03/2026;có\n")
    assert "H24.12-0001" not in dossier.rows[0].event
    assert json.loads(dossier.rows[0].event)["e_result"] is True


@pytest.mark.parametrize(
    ("row", "cell", "reason"),
    [
        ("post.published;tiktok;b1;cchc;05/03/2026 08:30;", "B2", "invalid_field"),
        ("post.published;zalo;;cchc;05/03/2026 08:30;", "C2", "missing_part"),
        ("post.published;zalo;0912345678;cchc;05/03/2026 08:30;", "C2", "personal_data"),
        ("post.published;zalo;b1;cchc;hôm qua;", "E2", "invalid_time"),
        ("post.published;zalo;b1;cchc;05/03/2027 08:30;", "A2", "time_in_future"),
        ("post.published;zalo;b1;cchc;=NOW();", "E2", "invalid_time"),
    ],
)
def test_what_is_wrong_is_named_by_its_cell_and_the_next_row_goes_on(tmp_path, row, cell, reason):
    good = "post.published;zalo;b1;cchc;05/03/2026 08:30;\nticket.issued;zalo;b2;cchc;05/03/2026 08:30;\n"
    wrong, right, other = mapped(tmp_path, HEAD + row + "\n" + good).rows
    assert (wrong.cell, wrong.reason, wrong.event) == (cell, reason, "")
    assert right.event
    assert (other.cell, other.reason) == ("A4", "no_mapping")


def test_a_file_that_names_no_kind_or_has_too_many_rows_is_refused(tmp_path, monkeypatch):
    for text in (HEAD + "figure.confirmed;zalo;b;c;05/03/2026;\n", "Loại sự kiện;platform\npost.published;zalo\n"):
        with pytest.raises(SourceRefused):
            mapped(tmp_path, text)
    with pytest.raises(SourceRefused):
        mapped(tmp_path, "[1]\n", "tin.jsonl")
    monkeypatch.setattr(event_import, "MOST_ROWS", 1)
    with pytest.raises(SourceRefused, match="more than 1 rows"):
        mapped(tmp_path, HEAD + "post.published;zalo;b1;cchc;05/03/2026 08:30;\n" * 2)


def test_each_template_has_the_columns_that_its_event_needs(tmp_path):
    assert set(EVENTS) <= set(importable_events())
    for kind in EVENTS:
        file = tmp_path / "mau.csv"
        file.write_bytes(template_file(kind, "csv", AT.date()))
        (row,) = map_event_file(file, CONTEXT).rows
        assert row.reason, kind
