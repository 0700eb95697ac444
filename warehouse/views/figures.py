"""What the indicators are, their figures, and what became of those that were closed."""

from ingest.contract.label import Label
from warehouse.catalogue import measures
from warehouse.entities.figure import DAY_TOTAL, FIGURE
from warehouse.meaning import adds_up, is_partial, period_of, steps_text
from warehouse.model.entity_sql import entity_sql
from warehouse.model.expression import sql
from warehouse.model.indicator import Derived, Indicator
from warehouse.views.view import View, local_sql, parse_columns


def views() -> list[View]:
    """The views of this module; values are read with the indicators beside them."""
    return [indicator_dictionary(), values_view(), corrections_view(), day_totals_view()]


def indicator_dictionary() -> View:
    """What each indicator is."""
    columns = parse_columns("""
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
        is_partial     | Bool    | Là tỷ lệ của cả dòng chảy và tồn: một dòng không có giá trị riêng | Whether it is a ratio of flow and stock, of which a single row has no value
        factor         | Float64 | Hệ số đổi đơn vị         | Factor into the unit
        window_minutes | UInt32  | Độ dài khung (phút)      | Length of a window in minutes
        span           | String  | Phạm vi của số hiển thị; derived: tính từ chỉ số khác | Span of the shown figure; derived: calculated from others
        made_of        | Array(String)   | Tính từ các chỉ số nào        | Indicators that it is calculated from
        formula        | String          | Công thức tính từ chúng       | How it is calculated from them
        percentile     | UInt8           | Phân vị (0: không phải); số lượng theo giá trị ở chiều at_most | Quantile in per cent (0: none); counts by value in the dimension at_most
        period_vi      | String          | Kỳ của số hiển thị            | Period in Vietnamese
        period_en      | String          | Kỳ (tiếng Anh)                | Period of the shown figure
        adds_up_vi     | String          | Cách cộng các dòng, các phường | How rows of windows and wards add up, in Vietnamese
        adds_up_en     | String          | Cách cộng (tiếng Anh)         | How rows of windows and wards add up
        leaves_out_vi  | String          | Không tính gì                 | What is left out, in Vietnamese
        leaves_out_en  | String          | Không tính gì (tiếng Anh)     | What is left out
        law_vi         | String          | Căn cứ                        | Act and article, in Vietnamese
        law_en         | String          | Căn cứ (tiếng Anh)            | Act and article
        behaviour_vi   | String          | Khi mở lại, rút, từ chối, dừng, bổ sung, đính chính, chuyển | At the steps of a life, in Vietnamese
        behaviour_en   | String          | Như trên (tiếng Anh)          | When reopened, withdrawn, refused, stopped, supplemented, corrected, transferred
        version        | UInt8           | Lần định nghĩa                | Number of the definition
        since          | Date            | Định nghĩa có hiệu lực từ     | Since when it holds
        baseline       | String          | Chỉ số của số nền; dòng của nó ở ngày cuối mà số nền tính, sự kiện sau ngày ấy mới cộng | Indicator of the baseline; its row is that of the last day it covers, after which events are added
    """)
    structure = ", ".join(f"{column.name} {column.type}" for column in columns)
    rows = ", ".join(f"({', '.join(_literal(value) for value in _indicator_row(one))})" for one in measures())
    query = f"SELECT * FROM values({sql(structure)}, {rows})"
    return View("indicators", Label("Từ điển chỉ số", "Dictionary of indicators"), columns, query)


_Cell = str | int | bool | float | list[str]


def _indicator_row(one: Indicator | Derived) -> tuple[_Cell, ...]:
    named = (one.id, *one.label.both, *one.definition.both, *one.unit.label.both)
    written = (one.is_ratio, one.unit.out_of, isinstance(one, Indicator) and is_partial(one), one.unit.factor)
    meant = (
        *period_of(one).both,
        *adds_up(one).both,
        *one.leaves_out.both,
        *one.law.both,
        *steps_text(one).both,
        one.version,
        f"{one.since:%Y-%m-%d}",
    )
    if isinstance(one, Derived):
        return (
            *named,
            "",
            *written,
            0,
            "derived",
            [part.id for part in one.made_of],
            one.formula.en,
            0,
            *meant,
            "",
        )
    span = one.span if isinstance(one.span, str) else f"{one.span.total_seconds() / 60:.0f} minutes"
    percent = one.value.rank.percent if one.value.rank else 0
    return (
        *named,
        one.of.id,
        *written,
        int(one.window.total_seconds() // 60),
        span,
        [],
        "",
        percent,
        *meant,
        one.baseline.id if one.baseline else "",
    )


def _literal(value: _Cell) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(sql, value))}]"
    return repr(value) if isinstance(value, float) else sql(value)


def values_view() -> View:
    """Every stored figure."""
    columns = parse_columns("""
        ward            | String            | Phường                                      | Ward
        indicator       | String            | Mã chỉ số                                   | Indicator id
        grain           | String            | flow: xảy ra trong khung; stock: tại một thời điểm | flow: happened in the window; stock: at a moment
        window_start    | DateTime64        | Đầu khung thời gian (giờ địa phương)        | Start of the window (local time)
        dimension       | String            | Chiều tách; rỗng: tổng                      | Dimension of the split; empty: total
        member          | String            | Giá trị của chiều                           | Value of the dimension
        numerator       | Int64             | Tử số                                       | Numerator
        denominator     | Nullable(Int64)   | Mẫu số; NULL nếu không phải tỷ lệ           | Denominator; NULL unless a ratio
        value           | Nullable(Float64) | Giá trị theo đơn vị của chỉ số; NULL nếu là phân vị, hay tỷ lệ của dòng chảy và tồn | Value in the indicator's unit; NULL of a quantile, and of a ratio of flow and stock
        newest_event_at | DateTime64        | Sự kiện mới nhất                            | Newest event behind it
        as_of           | DateTime64        | Tính đến                                    | As of
        revision        | UInt32            | Lần tính lại                                | Revision
        written_at      | DateTime64        | Lúc ghi                                     | Written at
    """)
    query = (
        "SELECT v.ward AS ward, v.indicator AS indicator, v.grain AS grain, "
        f"{local_sql('v.window_ms')} AS window_start, v.dimension AS dimension, v.member AS member, "
        "v.numerator AS numerator, if(i.is_ratio, v.denominator, NULL) AS denominator, "
        "if(i.percentile > 0 OR i.is_partial, NULL, if(i.is_ratio AND NOT i.is_out_of, if(v.denominator = 0, NULL, v.numerator / v.denominator), v.numerator)) * i.factor AS value, "
        f"{local_sql('v.newest_ms')} AS newest_event_at, {local_sql('v.as_of_ms')} AS as_of, "
        "v.revision AS revision, v.written_at AS written_at "
        "FROM raw_values AS v FINAL LEFT JOIN indicators AS i ON v.indicator = i.id"
    )
    return View(
        "indicator_values", Label("Giá trị chỉ số theo khung thời gian", "Indicator values by window"), columns, query
    )


def corrections_view() -> View:
    """Every closed figure that changed."""
    columns = parse_columns("""
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
        f"SELECT corrected_at, ward, indicator, grain, {local_sql('window_ms')} AS window_start, old_numerator, old_denominator, "
        f"numerator, denominator, revision, kind AS cause_kind, subject AS cause_subject, id AS cause_id, {local_sql('at_ms')} AS cause_at, "
        "topic, partition, offset FROM raw_corrections FINAL"
    )
    label = Label("Số đã chốt được sửa: cũ, mới, vì sao", "Closed figures that changed: old, new, and why")
    return View("corrections", label, columns, query)


def day_totals_view() -> View:
    """What people entered of days before this system counted."""
    columns = parse_columns("""
        ward        | String            | Phường                                              | Ward
        indicator   | String            | Mã chỉ số                                           | Indicator id
        day         | Date              | Ngày                                                | Day
        dimension   | String            | Chiều tách; rỗng: tổng của ngày                     | Dimension of the split; empty: total of the day
        member      | String            | Giá trị của chiều                                   | Value of the dimension
        numerator   | Int64             | Tử số                                               | Numerator
        denominator | Nullable(Int64)   | Mẫu số; NULL nếu không phải tỷ lệ                   | Denominator; NULL unless a ratio
        value       | Nullable(Float64) | Giá trị theo đơn vị của chỉ số                      | Value in the indicator's unit
        source_code | String            | Phường đọc số này ở đâu                             | Where the ward read it
        entered_at  | DateTime64        | Lúc nhập hoặc sửa (giờ địa phương)                  | When it was entered or corrected (local time)
    """)
    states = entity_sql(FIGURE)
    query = (
        f"SELECT s.ward AS ward, i.id AS indicator, toDate({local_sql('s.covers_from')}) AS day, s.dimension AS dimension, "
        "s.member AS member, s.stated AS numerator, if(i.is_ratio, s.out_of, NULL) AS denominator, "
        "if(i.is_ratio AND NOT i.is_out_of, if(s.out_of = 0, NULL, s.stated / s.out_of), s.stated) * i.factor AS value, "
        f"s.source_code AS source_code, {local_sql('s.newest_at')} AS entered_at "
        f"FROM ({states}) AS s INNER JOIN indicators AS i ON s.kind_code = concat({sql(DAY_TOTAL)}, i.id) WHERE s.stands = 1"
    )
    label = Label(
        "Tổng ngày trước khi có IOC, do phường nhập; không cộng vào indicator_values",
        "Totals of days before this system, entered by the ward; not part of indicator_values",
    )
    return View("day_totals", label, columns, query)
