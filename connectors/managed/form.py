"""Form: a declaration as a list of fields that a person fills in, and the fields filled in as a declaration.

The text of the declaration is what counts; a form shows the part of it that says where each field of an event comes from, and
changes nothing else. It also takes texts that do not declare a connector yet.
"""

import csv
import io
import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import tomli_w

from connectors.declared.declaration import WAYS, InvalidDeclaration
from connectors.declared.load import load_text
from connectors.declared.mapping import declarable_events
from connectors.declared.value import field_kind, field_type
from ingest.administration.message import WAY, Draft, DraftForm, FieldChoice
from ingest.contract.errors import InvalidEvent
from ingest.contract.label import Label
from ingest.untrusted.json_text import parse_json

BEGINNINGS: dict[str, dict[str, Any]] = {
    "webhook": {"kind": "webhook", "proof": "standard_webhooks"},
    "files": {"kind": "files", "header_row": 1},
    "rest": {"kind": "rest", "path": "/api/v1/items", "items": "items", "parameter": "page", "page_size": 100, "every": 60},
    "sql": {"kind": "sql", "table": "v_ioc", "grows": "cap_nhat", "by": "time", "every": 60},
    "mqtt": {"kind": "mqtt", "topics": ["nguon/+/tin"]},
    "probe": {"kind": "probe", "every": 60, "tells": "changes"},
    "syslog": {"kind": "syslog", "port": 5514, "networks": ["192.168.1.0/24"]},
}  # fmt: skip
"""How each way begins."""

KNOWN_FIELDS: dict[str, dict[str, str]] = {
    "probe": {"device_id": "device", "category": "category", "place": "place", "at": "at"},
    "syslog": {"at": "_received_at"},
}
"""Where fields of an event begin that our own readers tell."""

CONDITIONS = {"when": "condition", "id": "name"}
"""Entries of an event beside its fields, and what they take."""

MOST_PATHS = 200
_DEEPEST = 6
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TRIAL = "form"


def draft_form(draft: Draft) -> DraftForm:
    """A declaration as a form: a new one, or one with the requested change."""
    try:
        raw = tomllib.loads(draft.text) if draft.text.strip() else _begun(draft)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        fault = Label(f"không phải TOML: {error}", f"this is no TOML: {error}")
        return DraftForm(text=draft.text, fault=fault)
    changed = [one for one in draft.fields if one not in _choices(raw)]
    for one in changed:
        _put(raw, one)
    if draft.is_more and draft.event in declarable_events() and isinstance(raw.setdefault("events", []), list):
        raw["events"].append({"event": draft.event, "fields": {}})
    text = tomli_w.dumps(raw) if changed or draft.is_more or not draft.text.strip() else draft.text
    return DraftForm(
        text=text, fields=tuple(_choices(raw)), paths=tuple(sample_paths(draft.sample)), fault=_fault(text)
    )


def _begun(draft: Draft) -> dict[str, Any]:
    label, way = draft.label.strip() or "Nguồn mới", draft.way or "webhook"
    kinds = declarable_events()
    event = draft.event if draft.event in kinds else next(iter(kinds))
    known = {name: read for name, read in KNOWN_FIELDS.get(way, {}).items() if name in kinds[event].model_fields}
    return {
        "label": {"vi": label, "en": label},
        "way": dict(BEGINNINGS[way]),
        "events": [{"event": event, "fields": known}],
    }


def _fault(text: str) -> Label | None:
    try:
        load_text(_TRIAL, text)
    except InvalidDeclaration as error:
        return error.label.changed(lambda said: said.removeprefix(f"{_TRIAL}.toml: "))
    return None


def _events(raw: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """By number, the declared events whose kind is one."""
    events, known = raw.get("events"), declarable_events()
    listed = events if isinstance(events, list) else []
    return {at: one for at, one in enumerate(listed) if isinstance(one, dict) and one.get("event") in known}


def _table(part: Any, name: str) -> dict[str, Any]:
    found = part.get(name) if isinstance(part, dict) else None
    return found if isinstance(found, dict) else {}


def _choices(raw: dict[str, Any]) -> list[FieldChoice]:
    """Every entry of the way in, and every field of the events that a text names, and where it comes from."""
    common, found = _table(raw, "fields"), _way_choices(_table(raw, "way"))
    for number, rule in _events(raw).items():
        event = declarable_events()[rule["event"]]
        for name, kind in CONDITIONS.items():
            found.append(
                FieldChoice(
                    event=rule["event"],
                    rule=number,
                    field=name,
                    is_needed=False,
                    kind=kind,
                    read=_written(rule.get(name)),
                )
            )
        for name, info in event.model_fields.items():
            if name == "kind":
                continue
            said = _table(rule, "fields").get(name, common.get(name))
            said = {"from": said} if isinstance(said, str) else said if isinstance(said, dict) else {}
            codes = _table(_table(raw, "tables"), str(said.get("table", "")))
            found.append(
                FieldChoice(
                    event=rule["event"],
                    rule=number,
                    field=name,
                    is_needed=info.is_required(),
                    kind=field_kind(event, name),
                    options=_options(field_type(event, name)),
                    read=str(said.get("column") or said.get("from") or ""),
                    value=_written(said.get("value")),
                    otherwise=_written(said.get("otherwise")),
                    table="\n".join(f"{theirs} = {_written(ours)}" for theirs, ours in codes.items()),
                )
            )
    return found


def _way_choices(way: dict[str, Any]) -> list[FieldChoice]:
    """The entries of a way in, and what is said of them."""
    model = next((one for one in WAYS if way.get("kind") in get_args(one.model_fields["kind"].annotation)), None)
    return [
        FieldChoice(
            event=WAY,
            field=info.alias or name,
            is_needed=info.is_required(),
            kind="setting",
            options=_options(info.annotation),
            value=_written(way.get(info.alias or name)),
        )
        for name, info in (model.model_fields.items() if model else ())
        if name != "kind"
    ]


def _options(hint: Any) -> tuple[str, ...]:
    """The values that a type takes, where it names them."""
    parts = get_args(hint)
    if get_origin(hint) is Literal:
        return tuple(map(str, parts))
    return next((found for part in parts if (found := _options(part))), ())


def _put(raw: dict[str, Any], choice: FieldChoice) -> None:
    """Write one field into its event, or one entry into the way in."""
    rule = _table(raw, WAY) if choice.event == WAY else _events(raw).get(choice.rule)
    if rule is not None and (choice.event == WAY or choice.field in CONDITIONS):
        text = (choice.value if choice.event == WAY else choice.read).strip()
        if text:
            rule[choice.field] = _any_meant(text) if choice.event == WAY or choice.field == "id" else text
        else:
            rule.pop(choice.field, None)
        return
    if (
        rule is None
        or rule["event"] != choice.event
        or choice.field not in declarable_events()[choice.event].model_fields
    ):
        return
    before = _table(rule, "fields").get(choice.field, _table(raw, "fields").get(choice.field))
    said: dict[str, Any] = {}
    if choice.read.strip():
        by_column = _table(raw, "way").get("kind") in ("files", "sql") or (
            isinstance(before, dict) and "column" in before
        )
        said["column" if by_column else "from"] = choice.read.strip()
    elif choice.value.strip():
        said["value"] = _meant(choice.value, choice.kind)
    if choice.otherwise.strip():
        said["otherwise"] = _meant(choice.otherwise, choice.kind)
    if choice.table.strip():
        name = before.get("table") if isinstance(before, dict) else None
        said["table"] = name or f"{choice.event.replace('.', '_')}_{choice.field}"
        lines = (line.partition("=") for line in choice.table.splitlines() if "=" in line)
        raw.setdefault("tables", {})[said["table"]] = {
            theirs.strip(): _meant(ours, choice.kind) for theirs, _, ours in lines if theirs.strip() and ours.strip()
        }
    for kept in ("time", "number"):
        if isinstance(before, dict) and kept in before:
            said[kept] = before[kept]
    if said:
        rule.setdefault("fields", {})[choice.field] = said["from"] if set(said) == {"from"} else said
    else:
        _table(rule, "fields").pop(choice.field, None)


def _written(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _any_meant(text: str) -> Any:
    """A number, a truth value, a list or a table, where a person wrote one; else the text."""
    try:
        value = parse_json(text.encode())
    except InvalidEvent:
        return text
    return value if isinstance(value, bool | int | list | dict) else text


def _meant(text: str, kind: str) -> Any:
    """A value as a person wrote it, as the field takes it; what it does not take is said when the whole is judged."""
    text = text.strip()
    if kind not in ("truth", "whole", "number"):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text


def sample_paths(sample: str) -> list[str]:
    """Where values lie in a sample: expressions for JSON, names of columns for CSV."""
    text = sample.strip()
    if not text:
        return []
    for part in (text, text.splitlines()[0]):
        try:
            value = parse_json(part.encode())
        except InvalidEvent:
            continue
        value = value[0] if isinstance(value, list) and value else value
        return list(dict.fromkeys(_paths(value)))[:MOST_PATHS]
    delimiter = max(",;\t|", key=text.splitlines()[0].count)
    return [one.strip() for one in next(csv.reader(io.StringIO(text.splitlines()[0]), delimiter=delimiter))][
        :MOST_PATHS
    ]


def _paths(value: Any, before: str = "", depth: int = 0) -> Iterator[str]:
    if isinstance(value, dict) and depth < _DEEPEST:
        for name, one in value.items():
            step = name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)
            yield from _paths(one, f"{before}.{step}" if before else step, depth + 1)
    elif isinstance(value, list) and value and depth < _DEEPEST:
        yield from _paths(value[0], f"{before}[0]", depth + 1)
    elif before:
        yield before
