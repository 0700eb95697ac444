"""The declarations that come with the product: each makes of its sample the events that were read and approved, and nothing personal.

`expected/<name>.jsonl` holds one event a line; `python -m tests.connectors.declared.test_ready` writes it down anew.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands import connectors as command
from connectors.declared.dry_run import SampleReport, dry_run
from connectors.declared.load import load_connector
from connectors.declared.ready import READY
from ingest.contract.connector import Connector, FileDrop
from ingest.contract.envelope import decode, decoded, encode
from ingest.contract.errors import InvalidEvent
from ingest.files.table import table_rows
from ingest.source.mapper import MAPPING_BUG, Mapper
from tests.connectors.support.taking import CONTEXT
from tests.declarations.test_connectors import mutated, personal_values
from tests.support.examples import examples

EXPECTED = Path(__file__).parent / "expected"
FILES = sorted(READY.glob("*.toml"))
PERSONAL = ("Nguyễn", "Trần", "Phạm", "Lê Văn", "0912345678", "0987654321", "Minh Khai", "20.8651", "Kính", "PA-2025")

each = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def sample_of(file: Path) -> Path:
    (sample,) = (READY / "samples").glob(f"{file.stem}.*")
    return sample


@cache
def loaded(file: Path) -> Connector:
    return load_connector(file)


@cache
def messages(file: Path) -> list[Any]:
    if sample_of(file).suffix == ".csv":
        way = load_connector(file).way
        assert isinstance(way, FileDrop)
        return [row.cells for row in table_rows(sample_of(file), way)]
    return [json.loads(line) for line in sample_of(file).read_text("utf-8").splitlines()]


def reports(file: Path) -> list[SampleReport]:
    reports, is_cut = dry_run(load_connector(file), sample_of(file), CONTEXT)
    assert not is_cut
    return reports


def events(file: Path) -> list[Any]:
    return [
        {name: event[name] for name in ("id", "type", "time", "data")} for one in reports(file) for event in one.events
    ]


def test_there_is_one_of_each_way() -> None:
    assert {type(load_connector(file).way).__name__ for file in FILES} >= {"Webhook", "FileDrop"}


@each
def test_its_sample_becomes_these_events_and_no_message_is_lost(file: Path) -> None:
    wanted = [json.loads(line) for line in (EXPECTED / f"{file.stem}.jsonl").read_text("utf-8").splitlines()]
    assert events(file) == wanted
    assert [one.fault for one in reports(file) if one.fault] == []


@each
def test_every_declared_event_comes_out(file: Path) -> None:
    assert {event["type"] for event in events(file)} == {one.type() for one in load_connector(file).events}


@each
def test_nothing_personal_comes_out_and_the_sample_is_full_of_it(file: Path) -> None:
    sample, names = sample_of(file).read_text("utf-8"), loaded(file).personal
    named = {value for message in messages(file) for value in personal_values(message, names)}
    canaries = {text for text in PERSONAL if text in sample} | named
    assert len(canaries) > 3
    told = json.dumps(events(file), ensure_ascii=False)
    assert [text for text in canaries if text in told] == []


@each
def test_it_says_in_both_languages_what_to_do(file: Path) -> None:
    guide = load_connector(file).guide
    assert guide.vi != guide.en


@each
@settings(max_examples=examples(150), derandomize=True)
@given(data=st.data())
def test_a_malformed_message_is_a_dead_letter_and_nothing_else(file: Path, data: st.DataObject) -> None:
    connector = loaded(file)
    changed: Any = data.draw(st.sampled_from(messages(file)))
    for _ in range(data.draw(st.integers(1, 3))):
        changed = mutated(data, changed)
    taken = Mapper(connector, CONTEXT).take(json.dumps(changed).encode())
    assert taken.dead_letter is None or not taken.envelopes
    assert taken.dead_letter is None or taken.dead_letter.reason_code != MAPPING_BUG
    assert decode([encode(one) for one in taken.envelopes]).events == [decoded(one) for one in taken.envelopes]


def test_a_report_tells_what_became_of_each_field() -> None:
    first, *_, rated, ping = reports(READY / "petition_vendor.toml")
    told = {one.field: (one.found, one.value) for one in first.fields}
    assert told["channel"] == ("APP_CONG_DAN", "city")
    assert told["area_code"] == (17, "TDP-017")
    assert first.dropped == ["data.citizen", "data.content", "data.latlng"]
    assert {one.field: one.value for one in rated.fields}["satisfied"] is False
    assert (ping.events, ping.fault) == ([], "")


def test_a_report_tells_why_a_row_makes_no_sense(tmp_path: Path) -> None:
    sample = tmp_path / "f.csv"
    sample.write_text("Mã bài,Ngày đăng,Nền tảng\nZL-1,31/02/2025,Zalo\nZL-2,01/02/2025,TikTok\n", encoding="utf-8")
    (first, second), _ = dry_run(load_connector(READY / "platform_posts.toml"), sample, CONTEXT)
    assert (first.place, second.place) == ("row 2", "row 3")
    assert 'published_at, from `"Ngày đăng"`' in first.fault
    assert second.fault.startswith("unknown_code: platform")
    assert [one.field for one in first.fields][-1] == "topic_code"
    sample.write_text("Tên\nx\n", encoding="utf-8")
    with pytest.raises(InvalidEvent, match="missing_columns"):
        dry_run(load_connector(READY / "platform_posts.toml"), sample, CONTEXT)


def test_the_command_shows_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = READY / "petition_vendor.toml"
    assert command.main(["--check", str(file)]) == 0
    assert command.main(["--check", str(file), "--sample", str(sample_of(file))]) == 0
    told = capsys.readouterr()
    assert "petition.received.channel: 'APP_CONG_DAN' → city" in told.out
    assert "data.citizen" in told.out
    assert "5 messages: 4 events, 0 invalid." in told.err
    sample = tmp_path / "s.jsonl"
    sample.write_text('{"eventType": "ANSWERED"}', encoding="utf-8")
    assert command.main(["--check", str(file), "--sample", str(sample)]) == 1
    assert "✗ missing_part" in capsys.readouterr().out
    for wrong in ("{", "\0"):
        sample.write_text(wrong, encoding="utf-8")
        assert command.main(["--check", str(file), "--sample", str(sample)]) == 1
    assert command.main(["--check", str(tmp_path / "none.toml")]) == 1
    assert "none.toml" in capsys.readouterr().err


if __name__ == "__main__":
    for one in FILES:
        lines = [json.dumps(event, ensure_ascii=False) for event in events(one)]
        (EXPECTED / f"{one.stem}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
