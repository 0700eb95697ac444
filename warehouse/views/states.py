"""Entities as they are now, and the working calendar that their deadlines are reckoned by."""

from ingest.contract.label import Label
from warehouse.catalogue import entities
from warehouse.model.entity import Attr, Constant, Entity, First, Rule
from warehouse.model.entity_sql import attribute_sql, entity_sql
from warehouse.model.expression import NEVER, sql
from warehouse.model.working_time import working_calendar
from warehouse.views.view import View, ViewColumn, local_sql, parse_columns


def views() -> list[View]:
    """The views of this module."""
    return [*map(entity_view, entities()), calendar_view()]


def entity_view(entity: Entity) -> View:
    """The newest state of each entity of a kind."""
    columns = parse_columns("""
        ward            | String     | Phường             | Ward
        key             | String     | Mã giả danh        | Pseudonymous key
        newest_event_at | DateTime64 | Sự kiện mới nhất   | Newest event
    """)
    selected = ["ward", "key", f"{local_sql('newest_at')} AS newest_event_at"]
    for name, rule in entity.fields.items():
        kind = _kind(rule)
        columns.append(ViewColumn(name, kind, Label(f"{name} ({entity.label.vi})", name)))
        selected.append(
            f"if(s.{name} IN (0, {NEVER}), NULL, {local_sql(f's.{name}')}) AS {name}"
            if kind == _TIME
            else f"s.{name} AS {name}"
        )
    query = f"SELECT {', '.join(selected)} FROM ({entity_sql(entity)}) AS s"
    label = Label(f"{entity.label.vi}: trạng thái mới nhất", f"{entity.label.en}: newest state")
    return View(entity.id, label, columns, query)


_TIME = "Nullable(DateTime64)"


def _kind(rule: Rule) -> str:
    """What a field is shown as: a time, a whole number, or a text."""
    if isinstance(rule, First):
        return _TIME
    if isinstance(rule, Constant):
        given = [attribute_sql(rule.events[0], rule.attribute)]
    else:
        given = [
            attribute_sql(event, value.name) if isinstance(value, Attr) else sql(value)
            for event, value in rule.values.items()
        ]
    if any(text.startswith("toUnixTimestamp64Milli") for text in given):
        return _TIME
    return (
        "Int64" if all(text.startswith(("toInt64", "JSONExtractInt")) or text.isdigit() for text in given) else "String"
    )


def calendar_view() -> View:
    """The working calendar, which the views of entities reckon with."""
    columns = parse_columns("""
        opens   | Array(UInt64) | Đầu mỗi khoảng làm việc (ms)         | Start of each stretch of working time (ms)
        lengths | Array(UInt32) | Độ dài mỗi khoảng (ms)               | Length of each (ms)
        before  | Array(UInt64) | Thời gian làm việc trước mỗi khoảng  | Working time before each (ms)
        after   | Array(UInt64) | Thời gian làm việc đến hết khoảng    | Working time until the end of each (ms)
        days    | Array(UInt16) | Các ngày làm việc (số ngày từ 1970)  | The working days (number of days since 1970)
        closes  | Array(UInt64) | Giờ hết việc của mỗi ngày (ms)       | End of work on each of them (ms)
    """)
    arrays = working_calendar()._asdict()
    query = "SELECT " + ", ".join(f"{list(arrays[column.name])} AS {column.name}" for column in columns)
    return View("working_calendar", Label("Lịch làm việc", "Working calendar"), columns, query)
