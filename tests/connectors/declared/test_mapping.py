"""A declaration turns messages into events, is checked when it is read, and lets nothing out that it does not name."""

import json
from typing import Any

import pytest

from connectors import catalogue
from connectors.declared.declaration import MOST_EVENTS, InvalidDeclaration, read_declaration
from connectors.declared.load import load_connector, load_connectors
from connectors.declared.mapping import MOST_MADE, declarable_events
from ingest.contract.connector import Misdeclared, PostProof
from ingest.untrusted.dead_letter import known_fields
from tests.connectors.support.taking import CONTEXT, events, reason, take

PETITIONS = """
label = {vi = "Phản ánh", en = "Petitions"}
ignore = "loai == 'PING'"
number = "1.234,5"
each = "danhSach"

[way]
kind = "webhook"

[tables.channel]
"1022" = "1022"
CONG = "dvcqg"

[tables.yes]
"true" = true
KHONG = false

[fields]
petition_ref = "ma"
channel = {from = "nguon", table = "channel", otherwise = "direct"}
category = {value = "hien_truong"}
field_code = {column = "linh vuc", otherwise = "khac"}
area_code = {from = "toDanPho"}

[[events]]
event = "petition.received"
when = "buoc == 'TN'"
id = ["ma", "_message.dot"]
fields = {received_at = "_message.luc", due_at = {from = "han", time = ["dd/mm/yyyy"]}}

[[events]]
event = "petition.rated"
when = "buoc == 'DG'"
fields = {at = "_message.luc", satisfied = {from = "haiLong", table = "yes"}}
"""
MESSAGE: dict[str, Any] = {
    "loai": "GUI",
    "dot": 7,
    "luc": "19/11/2026 08:00",
    "danhSach": [
        {
            "ma": "PA-1",
            "buoc": "TN",
            "nguon": 1022,
            "linh vuc": "dat_dai",
            "han": "30/11/2026",
            "hoTen": "Nguyễn Văn A",
        },
        {"ma": "PA-1", "buoc": "DG", "nguon": "??", "haiLong": True},
    ],
}


def declared(tmp_path, text=PETITIONS, name="vendor_x"):
    file = tmp_path / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return load_connector(file)


@pytest.fixture
def connector(tmp_path):
    return declared(tmp_path)


def changed(*items, **fields):
    return {**MESSAGE, "danhSach": [{**MESSAGE["danhSach"][0], **one} for one in items], **fields}


def test_one_message_becomes_several_events(connector):
    received, rated = events(connector, MESSAGE)
    assert (received.kind, rated.kind) == ("petition.received", "petition.rated")
    assert received.petition_ref == rated.petition_ref == CONTEXT.pseudonym("PA-1")
    assert (received.channel, rated.channel) == ("1022", "direct")
    assert (received.field_code, rated.field_code) == ("dat_dai", "khac")
    assert received.received_at.isoformat() == "2026-11-19T01:00:00+00:00"
    assert received.due_at.isoformat() == "2026-11-29T17:00:00+00:00"
    assert rated.satisfied is True
    assert rated.area_code is None


def test_it_is_a_connector_like_any_other(connector):
    assert (connector.id, connector.system) == ("vendor_x", "petition")
    assert connector.source("hong-bang") == "/hong-bang/petition/vendor_x"
    assert {one.kind for one in connector.events} == {"petition.received", "petition.rated"}
    assert connector.way.proof == PostProof()


def test_the_same_message_has_the_same_ids_which_tell_nothing(connector):
    first, second = (take(connector, MESSAGE).envelopes for _ in range(2))
    assert [one.id for one in first] == [one.id for one in second]
    assert len({one.id for one in first}) == 2
    assert "PA-1" not in "".join(one.id for one in first)


ONE = PETITIONS.replace('each = "danhSach"\n', "").replace('id = ["ma", "_message.dot"]\n', "").replace("_message.", "")
NEWS = {**MESSAGE["danhSach"][0], "luc": MESSAGE["luc"]}


def test_a_source_has_one_id_for_all_its_messages(tmp_path):
    hidden, kept = (declared(tmp_path, f"id = {id_}\n{ONE}") for id_ in ('"so"', '{from = "so", kept = true}'))
    for code in ("TN", "DG"):
        news = {**NEWS, "buoc": code, "haiLong": True, "so": "T-17"}
        (told,) = take(hidden, news).envelopes
        assert told.id == CONTEXT.pseudonym("T-17")
        assert [one.id for one in take(kept, news).envelopes] == ["T-17"]
    assert reason(kept, {**NEWS, "so": "Nguyễn Văn A"}) == "personal_data"
    assert reason(kept, {**NEWS, "so": None}) == reason(hidden, NEWS) == "missing_part"
    own = declared(tmp_path, f'id = "so"\n{PETITIONS}')
    assert (
        take(own, MESSAGE).dead_letter.reason_code == "missing_part"
    )  # the mark has none of its own, and the file's is not there


def test_fields_that_lead_to_a_person_are_only_hashed_and_in_no_dead_letter(tmp_path):
    known = declared(tmp_path, f'id = "so"\npersonal = ["so", "ma"]\n{ONE}')
    (told,) = take(known, {**NEWS, "so": "T-17"}).envelopes
    assert told.id == CONTEXT.pseudonym("T-17")
    letter = take(known, {**NEWS, "so": "T-17", "buoc": "XX"}).dead_letter
    assert letter is not None
    assert [text for text in ("T-17", "PA-1") if text in letter.payload_redacted] == []
    for read in ('id = {from = "so", kept = true}', 'ignore = "so"'):
        text = ONE.replace("ignore = \"loai == 'PING'\"\n", "")
        with pytest.raises(InvalidDeclaration, match=r"personal data \(so\)"):
            declared(tmp_path, f'{read}\npersonal = ["so"]\n{text}')


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (changed({"buoc": "XX"}), "no_mapping"),
        (changed({"ma": None}), "missing_part"),
        (changed({"ma": {"x": 1}}), "invalid_text"),
        (changed({}, luc="19.11.2026"), "invalid_time"),
        (changed({}, luc="19/11/2027 08:00"), "time_in_future"),
        (changed({"buoc": "DG", "haiLong": "sao"}), "unknown_code"),
        (changed({"toDanPho": "17"}), "invalid_field"),
        (changed({"linh vuc": "0912345678"}), "personal_data"),
        (changed({}, {}), "same_id"),
        (changed(danhSach="x"), "missing_part"),
        (changed({}, dot=None), "missing_part"),
        (changed(danhSach=[{"buoc": "DG"} | MESSAGE["danhSach"][1]] * (MOST_MADE + 1)), "too_many_events"),
        ({"danhSach": [5]}, "no_mapping"),
        ([], "missing_part"),
        ("text", "not_json"),
    ],
)
def test_what_makes_no_sense_is_a_dead_letter(connector, message, why):
    assert reason(connector, message) == why


def test_a_dead_letter_names_what_was_read_and_never_the_value(connector):
    dead_letter = take(connector, changed({"linh vuc": "0912345678"})).dead_letter
    assert '"linh vuc"' in dead_letter.error
    assert "0912345678" not in dead_letter.encode().decode()
    dead_letter = take(connector, changed({"buoc": "??"})).dead_letter
    assert "Nguyễn" not in dead_letter.encode().decode()
    assert json.loads(dead_letter.payload_redacted)["danhSach"][0]["linh vuc"] == "dat_dai"


def test_a_heartbeat_tells_nothing(connector):
    assert take(connector, {"loai": "PING"}) == ((), None)


def test_only_what_is_named_is_read(connector):
    assert known_fields(connector) >= {"ma", "luc", "linh vuc"}
    assert "hoTen" not in known_fields(connector)
    text = "".join(one.model_dump_json() for one in take(connector, MESSAGE).envelopes)
    assert "Nguyễn" not in text


def test_a_message_that_is_taken_whole_is_without_what_nobody_names(tmp_path):
    whole = PETITIONS.replace(
        'field_code = {column = "linh vuc", otherwise = "khac"}',
        "field_code = \"max_by([@], &length(ma)).hoTenX || 'khac'\"",
    )
    assert [one.field_code for one in events(declared(tmp_path, whole), MESSAGE)] == ["khac", "khac"]


def test_every_event_but_those_of_alarms_and_of_our_own_processes_can_be_declared():
    kinds = set(declarable_events())
    assert {"ticket.issued", "dossier.received", "app.outage_started", "post.published"} <= kinds
    assert not kinds & {"source.up", "source.heartbeat", "system.heartbeat", "alarm.raised", "feed.delivered"}


def swapped(old, new):
    assert old in PETITIONS
    return PETITIONS.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("x = [", "vendor_x.toml", "TOML"),
        ("", "label", "missing"),
        (swapped('kind = "webhook"', 'kind = "carrier_pigeon"'), "way", "webhook"),
        (swapped('kind = "webhook"', 'kind = "webhook"\nsecret = "x"'), "way.secret", "no such entry"),
        (swapped('kind = "webhook"', 'kind = "webhook"\nproof = "hmac"'), "way", "needs `header`"),
        (swapped('kind = "webhook"', 'kind = "webhook"\nproof = "network"'), "way", "needs `networks`"),
        (swapped('kind = "webhook"', 'kind = "webhook"\nnetworks = ["x"]'), "way.networks.0", "network"),
        (swapped('number = "1.234,5"', 'zone = "Mars"'), "zone", "Asia/Ho_Chi_Minh"),
        (swapped('number = "1.234,5"', 'times = ["%d"]'), "times.0", "dd/mm/yyyy"),
        (swapped('"petition.received"', '"petition.lost"'), "events[1] petition.lost", "petition.received"),
        (swapped('"petition.received"', '"alarm.raised"'), "events[1] alarm.raised", "no such event"),
        (swapped("received_at = ", "recieved_at = "), "events[1] petition.received.fields.recieved_at", "it has petition_ref"),
        (swapped("received_at = ", "recieved_at = "), "events[1] petition.received.fields.received_at", "add it"),
        (swapped("area_code = ", "area = "), "fields.area", "no event has this field"),
        (swapped('table = "channel"', 'table = "chanel"'), "fields.channel", "[tables.chanel]"),
        (swapped('otherwise = "direct"', 'otherwise = "pigeon"'), "petition.received.fields.channel.otherwise", "'pigeon'"),
        (swapped('CONG = "dvcqg"', 'CONG = "cong"'), "fields.channel.table.CONG", "'cong'"),
        (swapped('value = "hien_truong"', 'value = 5'), "fields.category.value", "5"),
        (swapped('{value = "hien_truong"}', '{value = "hien_truong", from = "x"}'), "fields.category", "exactly one"),
        (swapped('column = "linh vuc"', 'column = "linh vuc", named = true'), "fields.field_code", "only a group's code"),
        (swapped('petition_ref = "ma"', 'petition_ref = {value = "x"}'), "fields.petition_ref.value", "pseudonym"),
        (swapped("buoc == 'TN'", "buoc = 'TN'"), "events[1] petition.received.when", "at character"),
        (swapped('"toDanPho"', '"nguoi.hoTen"'), "fields.area_code", "personal data (hoTen)"),
        (swapped('"toDanPho"', '"x"').replace('column = "linh vuc"', 'column = "Số điện thoại"'), "fields.field_code", "personal data"),
        (PETITIONS + '\n[[events]]\nevent = "petition.rated"' * MOST_EVENTS, "events", "50"),
    ],
)  # fmt: skip
def test_a_fault_names_file_place_and_what_to_do(tmp_path, text, place, what):
    with pytest.raises(InvalidDeclaration) as error:
        declared(tmp_path, text)
    assert str(error.value).startswith("vendor_x.toml: ")
    assert place in str(error.value)
    assert what in str(error.value)
    assert error.value.label.vi != error.value.label.en


@pytest.mark.parametrize("name", ["Vendor", "kafka", "a__b", "_a", "ná", "a" * 41, "a-b"])
def test_a_name_that_is_no_id_is_refused(tmp_path, name):
    with pytest.raises(InvalidDeclaration, match="name"):
        declared(tmp_path, name=name)


def test_a_personal_field_may_become_a_pseudonym_or_an_id(tmp_path):
    text = swapped('petition_ref = "ma"', 'petition_ref = "soDienThoai"').replace(
        '"ma", "_message.dot"', '"hoTen", "_message.dot"'
    )
    (event,) = events(declared(tmp_path, text), changed({"soDienThoai": "0912345678"}))
    assert event.petition_ref == CONTEXT.pseudonym("0912345678")


@pytest.mark.parametrize("text", ["a = " + "[" * 5_000, "a = 1" + " " * 300_000, 'a = "\\uD800"', "\0"])
def test_a_file_that_could_do_harm_is_refused(tmp_path, text):
    with pytest.raises(InvalidDeclaration):
        declared(tmp_path, text)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidDeclaration, match="UTF-8"):
        read_declaration(tmp_path / "x.toml")


def test_a_broken_file_stops_its_own_connector_and_no_other(tmp_path):
    folder = tmp_path / "connectors"
    folder.mkdir()
    declared(folder)
    (folder / "broken.toml").write_text("label = 1")
    (folder / "petition_portal.toml").write_text("label = 1")  # one in code does not come back in its place
    (folder / "Tên lạ.toml").write_text("label = 1")
    (folder / "vendor_x.cursor").write_text("")
    ways = {one.id: one.way for one in load_connectors(folder)}
    assert set(ways) == {"broken", "petition_portal", "t_n_l", "vendor_x"}
    assert [isinstance(way, Misdeclared) for _, way in sorted(ways.items())] == [True, True, True, False]
    found = {one.id: one for one in catalogue(tmp_path)}
    assert len(found) == len(catalogue()) + 3
    assert isinstance(found["petition_portal"].way, Misdeclared)
    assert "broken.toml: label" in found["broken"].way.fault.en
    assert [one.id for one in catalogue(tmp_path / "nowhere")] == [one.id for one in catalogue()]
