"""Views: what analysts see, made from the declarations at every start that finds other ones. Each is documented here, column by column.

Personal data never got as far as the tables beneath (domain.md 5.2), and nothing else than these views is open to ad-hoc SQL.
"""

from typing import NamedTuple

from xxhash import xxh3_64_hexdigest

from ingest.label import Label
from warehouse.client import Client
from warehouse.entity import Attr, Constant, Entity, First, Rule
from warehouse.entity_sql import attribute_sql, entity_sql
from warehouse.expression import NEVER, sql
from warehouse.indicator import Derived, Indicator, entities, measures
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
    made = [
        _indicators(),
        _values(),
        _corrections(),
        _events(),
        _repeats(),
        _dead_letters(),
        _audits(),
        _alarm_acts(),
        _alarms(),
    ]
    return [*made, *map(_entity, entities()), _calendar()]


def public_names() -> frozenset[str]:
    """Names of the views that ad-hoc SQL may read."""
    return frozenset(view.name for view in dictionary())


def sync(client: Client) -> None:
    """Make the views that are not as they are declared now; the calendar first, which others read."""
    made = dict(
        client.query("SELECT name, comment FROM system.tables WHERE database = currentDatabase() AND engine = 'View'")
    )
    ((tables,),) = client.query("SELECT max(version) FROM schema_migrations")
    for view in sorted(dictionary(), key=lambda view: view.name != "working_calendar"):
        declared = f"{tables}-{xxh3_64_hexdigest(view.query.encode())}"
        if made.get(view.name) != declared:
            client.execute(f"CREATE OR REPLACE VIEW {view.name} AS {view.query} COMMENT {sql(declared)}")


def _columns(lines: str) -> list[Column]:
    """Columns from lines of `name | type | Vietnamese | English`; empty lines mean nothing."""
    rows = [[part.strip() for part in line.split("|")] for line in lines.splitlines() if line.strip()]
    return [Column(name, kind, Label(vi, en)) for name, kind, vi, en in rows]


def _local(ms: str) -> str:
    return f"fromUnixTimestamp64Milli({ms}, {LOCAL})"


def _indicators() -> View:
    columns = _columns("""
        id             | String  | Mã chỉ số                | Indicator id
        label_vi       | String  | Tên tiếng Việt           | Vietnamese name
        label_en       | String  | Tên tiếng Anh            | English name
        definition_vi  | String  | Cách tính                | Definition in Vietnamese
        definition_en  | String  | Cách tính (tiếng Anh)    | Definition in English
        unit_vi        | String  | Đơn vị                   | Unit in Vietnamese
        unit_en        | String  | Đơn vị (tiếng Anh)       | Unit in English
        entity         | String  | Đối tượng được đếm       | Entity that is counted
        is_ratio       | Bool    | Là tỷ lệ                 | Whether it is a ratio
        is_out_of      | Bool    | Viết dạng tử/mẫu         | Whether it is written as numerator out of denominator
        factor         | Float64 | Hệ số đổi đơn vị         | Factor into the unit
        window_minutes | UInt32  | Độ dài khung (phút)      | Length of a window in minutes
        span           | String  | Phạm vi của số hiển thị; derived: tính từ chỉ số khác | Span of the shown figure; derived: calculated from others
        made_of        | Array(String)   | Tính từ các chỉ số nào        | Indicators that it is calculated from
        formula        | String          | Công thức tính từ chúng       | How it is calculated from them
        percentile     | UInt8           | Phân vị (0: không phải); số lượng theo giá trị ở chiều at_most | Quantile in per cent (0: none); counts by value in the dimension at_most
        base_numerator | Int64           | Số nền cộng vào tử số         | Baseline that the shown numerator begins with
        base_denominator | Int64         | Số nền cộng vào mẫu số        | Baseline that the shown denominator begins with
        base_last_day  | Nullable(Date)  | Ngày cuối mà số nền đã tính   | Last day that the baseline covers
    """)
    structure = ", ".join(f"{column.name} {column.type}" for column in columns)
    rows = ", ".join(f"({', '.join(_literal(value) for value in _indicator_row(one))})" for one in measures())
    query = f"SELECT * FROM values({sql(structure)}, {rows})"
    return View("indicators", Label("Từ điển chỉ số", "Dictionary of indicators"), columns, query)


_Cell = str | int | bool | float | list[str] | None


def _indicator_row(one: Indicator | Derived) -> tuple[_Cell, ...]:
    named = (
        one.id, one.label.vi, one.label.en, one.definition.vi, one.definition.en, one.unit.label.vi, one.unit.label.en,
    )  # fmt: skip
    written = (one.is_ratio, one.unit.out_of, one.unit.factor)
    if isinstance(one, Derived):
        return (*named, "", *written, 0, "derived", list(one.made_of), one.formula.en, 0, 0, 0, None)
    span = one.span if isinstance(one.span, str) else f"{one.span.total_seconds() / 60:.0f} minutes"
    base = one.baseline
    based = (base.numerator, base.denominator, f"{base.last_day:%Y-%m-%d}") if base else (0, 0, None)
    percent = one.value.rank.percent if one.value.rank else 0
    return (*named, one.of.id, *written, int(one.window.total_seconds() // 60), span, [], "", percent, *based)


def _literal(value: _Cell) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return f"[{', '.join(map(sql, value))}]"
    return repr(value) if isinstance(value, float) else sql(value)


def _values() -> View:
    columns = _columns("""
        ward            | String            | Phường                                      | Ward
        indicator       | String            | Mã chỉ số                                   | Indicator id
        grain           | String            | flow: xảy ra trong khung; stock: tại một thời điểm | flow: happened in the window; stock: at a moment
        window_start    | DateTime64        | Đầu khung thời gian (giờ địa phương)        | Start of the window (local time)
        dimension       | String            | Chiều tách; rỗng: tổng                      | Dimension of the split; empty: total
        member          | String            | Giá trị của chiều                           | Value of the dimension
        numerator       | Int64             | Tử số                                       | Numerator
        denominator     | Nullable(Int64)   | Mẫu số; NULL nếu không phải tỷ lệ           | Denominator; NULL unless a ratio
        value           | Nullable(Float64) | Giá trị theo đơn vị của chỉ số; NULL nếu là phân vị | Value in the indicator's unit; NULL of a quantile
        newest_event_at | DateTime64        | Sự kiện mới nhất                            | Newest event behind it
        as_of           | DateTime64        | Tính đến                                    | As of
        revision        | UInt32            | Lần tính lại                                | Revision
        written_at      | DateTime64        | Lúc ghi                                     | Written at
    """)
    query = (
        "SELECT v.ward AS ward, v.indicator AS indicator, v.grain AS grain, "
        f"{_local('v.window_ms')} AS window_start, v.dimension AS dimension, v.member AS member, "
        "v.numerator AS numerator, if(i.is_ratio, v.denominator, NULL) AS denominator, "
        "if(i.percentile > 0, NULL, if(i.is_ratio AND NOT i.is_out_of, if(v.denominator = 0, NULL, v.numerator / v.denominator), v.numerator)) * i.factor AS value, "
        f"{_local('v.newest_ms')} AS newest_event_at, {_local('v.as_of_ms')} AS as_of, "
        "v.revision AS revision, v.written_at AS written_at "
        "FROM raw_values AS v FINAL LEFT JOIN indicators AS i ON v.indicator = i.id"
    )
    return View(
        "indicator_values", Label("Giá trị chỉ số theo khung thời gian", "Indicator values by window"), columns, query
    )


def _corrections() -> View:
    columns = _columns("""
        corrected_at    | DateTime64 | Lúc sửa                              | When it was corrected
        ward            | String     | Phường                               | Ward
        indicator       | String     | Mã chỉ số                            | Indicator id
        grain           | String     | flow hoặc stock                      | flow or stock
        window_start    | DateTime64 | Đầu khung thời gian (giờ địa phương) | Start of the window (local time)
        old_numerator   | Int64      | Tử số cũ                             | Numerator before
        old_denominator | Int64      | Mẫu số cũ                            | Denominator before
        numerator       | Int64      | Tử số mới                            | Numerator after
        denominator     | Int64      | Mẫu số mới                           | Denominator after
        revision        | UInt32     | Lần tính lại                         | Revision
        cause_kind      | String     | Loại sự kiện gây ra                  | Kind of the event that did it
        cause_subject   | String     | Đối tượng của nó (mã giả danh)       | Its subject (pseudonymous)
        cause_id        | String     | Mã sự kiện đó                        | Its id
        cause_at        | DateTime64 | Lúc sự kiện đó xảy ra                | When it happened
        topic           | String     | Chủ đề Kafka                         | Kafka topic
        partition       | UInt32     | Phân vùng                            | Partition
        offset          | Int64      | Vị trí                               | Offset
    """)
    query = (
        f"SELECT corrected_at, ward, indicator, grain, {_local('window_ms')} AS window_start, old_numerator, old_denominator, "
        f"numerator, denominator, revision, kind AS cause_kind, subject AS cause_subject, id AS cause_id, {_local('at_ms')} AS cause_at, "
        "topic, partition, offset FROM raw_corrections FINAL"
    )
    label = Label("Số đã chốt được sửa: cũ, mới, vì sao", "Closed figures that changed: old, new, and why")
    return View("corrections", label, columns, query)


_PLACE = """
        topic           | String     | Chủ đề Kafka     | Kafka topic
        partition       | UInt32     | Phân vùng        | Partition
        offset          | Int64      | Vị trí           | Offset
        ingested_at     | DateTime64 | Lúc ghi vào kho  | When it was stored
"""
_EVENT = """
        ward        | String     | Phường                                           | Ward
        kind        | String     | Loại sự kiện                                     | Kind of event
        subject     | String     | Đối tượng (mã giả danh)                          | Subject (pseudonymous)
        id          | String     | Mã sự kiện                                       | Event id
        occurred_at | DateTime64 | Lúc xảy ra (giờ địa phương)                      | When it happened (local time)
        source      | String     | Nguồn                                            | Source
        data        | String     | Nội dung (JSON, không có dữ liệu cá nhân)        | Content (JSON, without personal data)
"""
_EVENT_SELECT = (
    f"ward, kind, subject, id, {_local('at_ms')} AS occurred_at, JSONExtractString(event, 'source') AS source, "
    "JSONExtractRaw(event, 'data') AS data, topic, partition, offset, ingested_at"
)


def _events() -> View:
    # Each id is stored once; FINAL leaves out what a frozen writer stored a second time before the engine has merged it. On a
    # million events that costs 0.1 to 0.2 s, a third of what `LIMIT 1 BY topic, partition, offset` costs with a filter.
    query = f"SELECT {_EVENT_SELECT} FROM raw_events FINAL"
    return View("events", Label("Sự kiện, mỗi sự kiện một dòng", "Events, each once"), _columns(_EVENT + _PLACE), query)


def _repeats() -> View:
    columns = _columns(
        _EVENT
        + _PLACE
        + """
        is_conflict  | Bool  | Nội dung khác lần đầu      | Whether its content is another than the first one's
        first_offset | Int64 | Vị trí của lần đầu         | Offset of the first one
        """
    )
    query = f"SELECT {_EVENT_SELECT}, is_conflict, first_offset FROM raw_repeats FINAL"
    label = Label("Sự kiện gửi lại trong 7 ngày, không được đếm", "Events sent again within 7 days, not counted")
    return View("repeats", label, columns, query)


def _dead_letters() -> View:
    columns = _columns("""
        received_at      | DateTime64             | Lúc nhận                          | Received at
        ward             | String                 | Phường                            | Ward
        reason_code      | String                 | Lý do                             | Reason
        error            | String                 | Chi tiết                          | Detail
        connector        | String                 | Nguồn; rỗng: bản ghi trong Kafka  | Connector; empty: a record in Kafka
        address          | String                 | Địa chỉ MQTT hoặc REST            | MQTT topic or REST path
        original_topic   | String                 | Chủ đề Kafka                      | Kafka topic
        partition        | Int32                  | Phân vùng                         | Partition
        offset           | Int64                  | Vị trí                            | Offset
        payload_redacted | String                 | Nội dung đã che                   | Redacted payload
        id               | String                 | Mã                                | Id
        outcome          | Nullable(String)       | Kết quả gửi lại; NULL: chưa gửi   | What became of it when sent again; NULL: never was
        outcome_detail   | Nullable(String)       | Chi tiết kết quả                  | Detail of that
        replayed_at      | Nullable(DateTime64)   | Lúc gửi lại                       | When it was sent again
    """)
    own = ", ".join(f"l.{column.name} AS {column.name}" for column in columns[:-3])
    query = (
        f"SELECT {own}, if(r.id = '', NULL, toString(r.outcome)) AS outcome, if(r.id = '', NULL, r.detail) AS outcome_detail, "
        "if(r.id = '', NULL, r.replayed_at) AS replayed_at FROM raw_dead_letters AS l FINAL "
        "LEFT JOIN (SELECT id, outcome, detail, replayed_at FROM raw_letter_replays FINAL) AS r ON l.id = r.id"
    )
    return View("dead_letters", Label("Sự kiện lỗi", "Dead letters"), columns, query)


def _audits() -> View:
    columns = _columns("""
        started_at  | DateTime64 | Lúc bắt đầu                 | Started at
        finished_at | DateTime64 | Lúc xong                    | Finished at
        scope       | String     | Phạm vi                     | Scope
        compared    | UInt64     | Số giá trị đã so sánh       | Values compared
        differences | UInt64     | Số sai lệch                 | Differences
        repaired    | UInt64     | Số đã sửa                   | Repaired
        report      | String     | Báo cáo (JSON)              | Report (JSON)
    """)
    query = f"SELECT {', '.join(column.name for column in columns)} FROM audits"
    return View("audit_results", Label("Kết quả đối soát", "Results of the audits"), columns, query)


def _alarm_acts() -> View:
    columns = _columns("""
        ward        | String     | Phường                                        | Ward
        alarm       | String     | Mã cảnh báo                                   | Alarm id
        number      | UInt32     | Thứ tự trong cảnh báo                         | Place in the alarm's log
        kind        | String     | Việc đã làm                                   | What was done
        rule        | String     | Quy tắc                                       | Rule
        subject     | String     | Đối tượng                                     | Subject
        severity    | String     | Mức độ sau đó                                 | Severity after it
        value       | Float64    | Giá trị đo được                               | What was measured
        who         | String     | Tài khoản, hoặc system                        | Account, or system
        what        | String     | Giao cho ai, ghi chú, bước, kênh, lý do       | To whom, comment, step, way, or why
        about       | Int32      | Thứ tự của việc được báo; -1: không           | Number of the act that was told; -1: none
        acted_at    | DateTime64 | Lúc làm (giờ địa phương)                      | When (local time)
        written_at  | DateTime64 | Lúc ghi vào kho                               | When it was stored
    """)
    names = ", ".join(column.name for column in columns[:-2])
    query = f"SELECT {names}, toTimeZone(at, {LOCAL}) AS acted_at, written_at FROM raw_alarm_acts FINAL"
    return View(
        "alarm_acts", Label("Nhật ký cảnh báo, chỉ thêm không sửa", "Log of the alarms, append-only"), columns, query
    )


def _alarms() -> View:
    columns = _columns("""
        ward            | String               | Phường                                | Ward
        alarm           | String               | Mã cảnh báo                           | Alarm id
        rule            | String               | Quy tắc                               | Rule
        subject         | String               | Đối tượng                             | Subject
        severity        | String               | Mức độ cao nhất                       | Highest severity
        raised_at       | DateTime64           | Lúc phát (giờ địa phương)             | When it was raised (local time)
        acknowledged_at | Nullable(DateTime64) | Lúc nhận đầu tiên                     | When it was first acknowledged
        acknowledged_by | String               | Ai nhận                               | By whom
        assigned_to     | String               | Giao cho                              | Who has it
        cleared_at      | Nullable(DateTime64) | Lúc hết                               | When it cleared
        escalations     | UInt64               | Số lần báo cấp trên                   | How often others were told
    """)
    when = f"if(countIf(kind = {{}}) = 0, NULL, toTimeZone(minIf(at, kind = {{}}), {LOCAL}))"
    kinds = {
        name: when.format(kind, kind) for name, kind in (("acknowledged", "'acknowledged'"), ("cleared", "'cleared'"))
    }
    query = (
        "SELECT ward, alarm, any(rule) AS rule, any(subject) AS subject, argMax(severity, number) AS severity, "
        f"toTimeZone(minIf(at, kind = 'raised'), {LOCAL}) AS raised_at, {kinds['acknowledged']} AS acknowledged_at, "
        "argMinIf(who, number, kind = 'acknowledged') AS acknowledged_by, argMaxIf(what, number, kind = 'assigned') AS assigned_to, "
        f"{kinds['cleared']} AS cleared_at, countIf(kind = 'escalated') AS escalations "
        "FROM raw_alarm_acts FINAL GROUP BY ward, alarm"
    )
    return View("alarms", Label("Cảnh báo, mỗi cảnh báo một dòng", "Alarms, each once"), columns, query)


def _calendar() -> View:
    columns = _columns("""
        opens   | Array(UInt64) | Đầu mỗi khoảng làm việc (ms)         | Start of each stretch of working time (ms)
        lengths | Array(UInt32) | Độ dài mỗi khoảng (ms)               | Length of each (ms)
        before  | Array(UInt64) | Thời gian làm việc trước mỗi khoảng  | Working time before each (ms)
        after   | Array(UInt64) | Thời gian làm việc đến hết khoảng    | Working time until the end of each (ms)
    """)
    arrays = working_calendar()._asdict()
    query = "SELECT " + ", ".join(f"{list(arrays[column.name])} AS {column.name}" for column in columns)
    return View("working_calendar", Label("Lịch làm việc", "Working calendar"), columns, query)


def _entity(entity: Entity) -> View:
    columns = _columns("""
        ward            | String     | Phường             | Ward
        key             | String     | Mã giả danh        | Pseudonymous key
        newest_event_at | DateTime64 | Sự kiện mới nhất   | Newest event
    """)
    selected = ["ward", "key", f"{_local('newest_at')} AS newest_event_at"]
    for name, rule in entity.fields.items():
        kind = _kind(rule)
        columns.append(Column(name, kind, Label(f"{name} ({entity.label.vi})", name)))
        selected.append(
            f"if(s.{name} IN (0, {NEVER}), NULL, {_local(f's.{name}')}) AS {name}"
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
