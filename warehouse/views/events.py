"""What came in: events, their repeats, and what could not be processed."""

from ingest.contract.label import Label
from warehouse.views.view import View, local_sql, parse_columns

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
    f"ward, kind, subject, id, {local_sql('at_ms')} AS occurred_at, JSONExtractString(event, 'source') AS source, "
    "JSONExtractRaw(event, 'data') AS data, topic, partition, offset, ingested_at"
)


def views() -> list[View]:
    """The views of this module."""
    return [events_view(), repeats_view(), withdrawn_view(), dead_letters_view()]


def events_view() -> View:
    """Every event that counts."""
    # Each id is stored once; FINAL leaves out what a frozen writer stored a second time before the engine has merged it. On a
    # million events that costs 0.1 to 0.2 s, a third of what `LIMIT 1 BY topic, partition, offset` costs with a filter.
    query = f"SELECT {_EVENT_SELECT} FROM raw_events FINAL"
    return View(
        "events", Label("Sự kiện, mỗi sự kiện một dòng", "Events, each once"), parse_columns(_EVENT + _PLACE), query
    )


def repeats_view() -> View:
    """Events that came again."""
    columns = parse_columns(
        _EVENT
        + _PLACE
        + """
        is_conflict  | Bool  | Nội dung khác lần đầu      | Whether its content is another than the first one's
        first_offset | Int64 | Vị trí của lần đầu         | Offset of the first one
        """
    )
    query = f"SELECT {_EVENT_SELECT}, is_conflict, first_offset FROM raw_repeats FINAL WHERE withdrawn_by < 0"
    label = Label("Sự kiện gửi lại trong 7 ngày, không được đếm", "Events sent again within 7 days, not counted")
    return View("repeats", label, columns, query)


def withdrawn_view() -> View:
    """Events of imports that were taken back."""
    columns = parse_columns(
        _EVENT
        + _PLACE
        + """
        withdrawn_by | Int64      | Vị trí của lần hoàn tác  | Offset of what took it back
        withdrawn_at | DateTime64 | Lúc hoàn tác             | When it was taken back
        """
    )
    query = f"SELECT {_EVENT_SELECT}, withdrawn_by, withdrawn_at FROM raw_repeats FINAL WHERE withdrawn_by >= 0"
    label = Label("Sự kiện của lần nhập đã hoàn tác, không được đếm", "Events of imports that were undone, not counted")
    return View("withdrawn_events", label, columns, query)


def dead_letters_view() -> View:
    """What could not be processed."""
    columns = parse_columns("""
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
