"""Views: what analysts see, made again from the declarations at every start. Each is documented here, column by column.

Personal data never got as far as the tables beneath (domain.md 5.2), and nothing else than these views is open to ad-hoc SQL.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ingest.label import Label
from warehouse.client import Client
from warehouse.entity import Attr, Entity, First, Latest, Rule
from warehouse.entity_sql import attribute_sql, entity_sql
from warehouse.expression import NEVER, sql
from warehouse.indicator import Indicator, entities, indicators
from warehouse.working_time import working_calendar

LOCAL = "'Asia/Ho_Chi_Minh'"


class Column(NamedTuple):
    """A documented column."""

    name: str
    type: str
    label: Label


class View(NamedTuple):
    """A documented view; `query` is its SELECT."""

    name: str
    label: Label
    columns: list[Column]
    query: str


def dictionary() -> list[View]:
    """Every view that is open to analysts, with its columns: the data dictionary."""
    return [_indicators(), _values(), _events(), _dead_letters(), *map(_entity, entities())]


def public_names() -> frozenset[str]:
    """Names of the views that ad-hoc SQL may read."""
    return frozenset(view.name for view in dictionary())


def sync(client: Client) -> None:
    """Make every view as it is declared now."""
    client.execute(f"CREATE OR REPLACE VIEW working_calendar AS {_calendar_query()}")
    for view in dictionary():
        client.execute(f"CREATE OR REPLACE VIEW {view.name} AS {view.query}")


def _calendar_query() -> str:
    calendar = working_calendar()
    return "SELECT " + ", ".join(f"{list(values)} AS {name}" for name, values in calendar._asdict().items())


def _values() -> View:
    columns = [
        Column("ward", "String", Label("Phường", "Ward")),
        Column("indicator", "String", Label("Mã chỉ số", "Indicator id")),
        Column(
            "grain",
            "String",
            Label(
                "flow: xảy ra trong khung; stock: tại một thời điểm", "flow: happened in the window; stock: at a moment"
            ),
        ),
        Column(
            "window_start",
            "DateTime64",
            Label("Đầu khung thời gian (giờ địa phương)", "Start of the window (local time)"),
        ),
        Column("dimension", "String", Label("Chiều tách; rỗng: tổng", "Dimension of the split; empty: total")),
        Column("member", "String", Label("Giá trị của chiều", "Value of the dimension")),
        Column("numerator", "Int64", Label("Tử số", "Numerator")),
        Column(
            "denominator",
            "Nullable(Int64)",
            Label("Mẫu số; NULL nếu không phải tỷ lệ", "Denominator; NULL unless a ratio"),
        ),
        Column("value", "Nullable(Float64)", Label("Giá trị theo đơn vị của chỉ số", "Value in the indicator's unit")),
        Column("newest_event_at", "DateTime64", Label("Sự kiện mới nhất", "Newest event behind it")),
        Column("as_of", "DateTime64", Label("Tính đến", "As of")),
        Column("revision", "UInt32", Label("Lần tính lại", "Revision")),
        Column("written_at", "DateTime64", Label("Lúc ghi", "Written at")),
    ]
    query = (
        "SELECT v.ward AS ward, v.indicator AS indicator, v.grain AS grain, "
        f"fromUnixTimestamp64Milli(v.window_ms, {LOCAL}) AS window_start, v.dimension AS dimension, v.member AS member, "
        "v.numerator AS numerator, if(i.is_ratio, v.denominator, NULL) AS denominator, "
        "if(i.is_ratio AND NOT i.is_out_of, if(v.denominator = 0, NULL, v.numerator / v.denominator), v.numerator) * i.factor AS value, "
        f"fromUnixTimestamp64Milli(v.newest_ms, {LOCAL}) AS newest_event_at, fromUnixTimestamp64Milli(v.as_of_ms, {LOCAL}) AS as_of, "
        "v.revision AS revision, v.written_at AS written_at "
        "FROM raw_values AS v FINAL LEFT JOIN indicators AS i ON v.indicator = i.id"
    )
    return View(
        "indicator_values", Label("Giá trị chỉ số theo khung thời gian", "Indicator values by window"), columns, query
    )


def _indicators() -> View:
    columns = [
        Column("id", "String", Label("Mã chỉ số", "Indicator id")),
        Column("label_vi", "String", Label("Tên tiếng Việt", "Vietnamese name")),
        Column("label_en", "String", Label("Tên tiếng Anh", "English name")),
        Column("definition_vi", "String", Label("Cách tính", "Definition in Vietnamese")),
        Column("definition_en", "String", Label("Cách tính (tiếng Anh)", "Definition in English")),
        Column("unit_vi", "String", Label("Đơn vị", "Unit in Vietnamese")),
        Column("unit_en", "String", Label("Đơn vị (tiếng Anh)", "Unit in English")),
        Column("entity", "String", Label("Đối tượng được đếm", "Entity that is counted")),
        Column("is_ratio", "Bool", Label("Là tỷ lệ", "Whether it is a ratio")),
        Column("is_out_of", "Bool", Label("Viết dạng tử/mẫu", "Whether it is written as numerator out of denominator")),
        Column("factor", "Float64", Label("Hệ số đổi đơn vị", "Factor into the unit")),
        Column("window_minutes", "UInt32", Label("Độ dài khung (phút)", "Length of a window in minutes")),
        Column("span", "String", Label("Phạm vi của số hiển thị", "Span of the shown figure")),
    ]
    structure = ", ".join(f"{column.name} {column.type}" for column in columns)
    rows = ", ".join(f"({', '.join(_literal(value) for value in _indicator_row(one))})" for one in indicators())
    query = f"SELECT * FROM values({sql(structure)}, {rows})"
    return View("indicators", Label("Từ điển chỉ số", "Dictionary of indicators"), columns, query)


def _indicator_row(one: Indicator) -> tuple[str | int | bool | float, ...]:
    span = one.span if isinstance(one.span, str) else f"{one.span.total_seconds() / 60:.0f} minutes"
    return (
        one.id, one.label.vi, one.label.en, one.definition.vi, one.definition.en, one.unit.label.vi, one.unit.label.en,
        one.of.id, one.is_ratio, one.unit.out_of, one.unit.factor, int(one.window.total_seconds() // 60), span,
    )  # fmt: skip


def _literal(value: str | int | bool | float) -> str:
    return repr(value) if isinstance(value, float) else sql(value)


def _events() -> View:
    columns = [
        Column("ward", "String", Label("Phường", "Ward")),
        Column("kind", "String", Label("Loại sự kiện", "Kind of event")),
        Column("subject", "String", Label("Đối tượng (mã giả danh)", "Subject (pseudonymous)")),
        Column("id", "String", Label("Mã sự kiện", "Event id")),
        Column("occurred_at", "DateTime64", Label("Lúc xảy ra (giờ địa phương)", "When it happened (local time)")),
        Column("source", "String", Label("Nguồn", "Source")),
        Column(
            "data",
            "String",
            Label("Nội dung (JSON, không có dữ liệu cá nhân)", "Content (JSON, without personal data)"),
        ),
        Column("topic", "String", Label("Chủ đề Kafka", "Kafka topic")),
        Column("partition", "UInt32", Label("Phân vùng", "Partition")),
        Column("offset", "Int64", Label("Vị trí", "Offset")),
        Column("ingested_at", "DateTime64", Label("Lúc ghi vào kho", "When it was stored")),
    ]
    query = (
        f"SELECT ward, kind, subject, id, fromUnixTimestamp64Milli(at_ms, {LOCAL}) AS occurred_at, "
        "JSONExtractString(event, 'source') AS source, JSONExtractRaw(event, 'data') AS data, topic, partition, offset, ingested_at "
        "FROM raw_events ORDER BY offset LIMIT 1 BY topic, ward, id"
    )
    return View("events", Label("Sự kiện, mỗi sự kiện một dòng", "Events, each once"), columns, query)


def _dead_letters() -> View:
    columns = [
        Column("received_at", "DateTime64", Label("Lúc nhận", "Received at")),
        Column("reason_code", "String", Label("Lý do", "Reason")),
        Column("error", "String", Label("Chi tiết", "Detail")),
        Column("connector", "String", Label("Nguồn", "Connector")),
        Column("original_topic", "String", Label("Chủ đề Kafka", "Kafka topic")),
        Column("partition", "Int32", Label("Phân vùng", "Partition")),
        Column("offset", "Int64", Label("Vị trí", "Offset")),
        Column("payload_redacted", "String", Label("Nội dung đã che", "Redacted payload")),
        Column("id", "String", Label("Mã", "Id")),
    ]
    query = f"SELECT {', '.join(column.name for column in columns)} FROM raw_dead_letters FINAL"
    return View("dead_letters", Label("Sự kiện lỗi", "Dead letters"), columns, query)


def _entity(entity: Entity) -> View:
    columns = [
        Column("ward", "String", Label("Phường", "Ward")),
        Column("key", "String", Label("Mã giả danh", "Pseudonymous key")),
        Column("newest_event_at", "DateTime64", Label("Sự kiện mới nhất", "Newest event")),
    ]
    selected = ["ward", "key", f"fromUnixTimestamp64Milli(newest_at, {LOCAL}) AS newest_event_at"]
    for name, rule in entity.fields.items():
        is_time = _is_time(rule)
        columns.append(
            Column(name, "Nullable(DateTime64)" if is_time else "String", Label(f"{name} ({entity.label.vi})", name))
        )
        selected.append(
            f"if(s.{name} IN (0, {NEVER}), NULL, fromUnixTimestamp64Milli(s.{name}, {LOCAL})) AS {name}"
            if is_time
            else f"s.{name} AS {name}"
        )
    query = f"SELECT {', '.join(selected)} FROM ({entity_sql(entity)}) AS s"
    return View(
        entity.id, Label(f"{entity.label.vi}: trạng thái mới nhất", f"{entity.label.en}: newest state"), columns, query
    )


def _is_time(rule: Rule) -> bool:
    if isinstance(rule, First):
        return True
    return isinstance(rule, Latest) and any(_attribute_texts(rule))


def _attribute_texts(rule: Latest) -> Iterator[bool]:
    for event, value in rule.values.items():
        if isinstance(value, Attr):
            yield attribute_sql(event, value.name).startswith("toUnixTimestamp64Milli")
