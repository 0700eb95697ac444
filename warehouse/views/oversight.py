"""What was watched over: audits, and alarms with what people did about them."""

from ingest.contract.label import Label
from warehouse.store.alarm_log import ACTS
from warehouse.views.view import LOCAL, View, parse_columns


def views() -> list[View]:
    """The views of this module."""
    return [audits_view(), alarm_acts_view(), alarms_view()]


def audits_view() -> View:
    """What the audits found."""
    columns = parse_columns("""
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


def alarm_acts_view() -> View:
    """Every act in the alarms' log."""
    columns = parse_columns("""
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
        about       | String     | Mã của việc được báo                          | Id of the act that was told
        id          | String     | Mã sự kiện                                    | Event id
        acted_at    | DateTime64 | Lúc làm (giờ địa phương)                      | When (local time)
        written_at  | DateTime64 | Lúc ghi vào kho                               | When it was stored
    """)
    names = ", ".join(column.name for column in columns[:-2])
    query = f"SELECT {names}, toTimeZone(at, {LOCAL}) AS acted_at, written_at FROM ({ACTS})"
    return View(
        "alarm_acts", Label("Nhật ký cảnh báo, chỉ thêm không sửa", "Log of the alarms, append-only"), columns, query
    )


def alarms_view() -> View:
    """Every alarm as it ended up."""
    columns = parse_columns("""
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
        f"FROM ({ACTS}) GROUP BY ward, alarm"
    )
    return View("alarms", Label("Cảnh báo, mỗi cảnh báo một dòng", "Alarms, each once"), columns, query)
