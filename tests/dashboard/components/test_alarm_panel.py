from dashboard.board import alarm_signal
from dashboard.components import alarm_panel
from dashboard.state.alarm import combine_alarms
from dashboard.state.page import PropertyUpdate
from tests.dashboard.support.alarms import after, raised, wall
from tests.dashboard.support.ward import board_state


def said(updates, place):
    return [updates[PropertyUpdate(f"alarm-{place}-{part}", "children")] for part in ("time", "what", "detail")]


def test_the_list_says_what_since_when_and_who_has_it():
    updates = alarm_panel.updates(board_state("vi", alarms=wall()))
    assert updates[PropertyUpdate("alarms-title", "children")] == "3 cảnh báo chưa nhận"
    assert updates[PropertyUpdate("alarms-longest", "children")] == "lâu nhất 34 phút"
    assert said(updates, 0) == ["09:41", "Nguồn Hộ tịch mất kết nối", "34 phút · Tổ ứng cứu CNTT"]
    assert said(updates, 1) == [
        "10:02",
        "Cụm loa mất kết nối, còn 95,7\u00a0% trực tuyến: TDP 12, 13, 41",
        "13 phút · chưa giao",
    ]
    assert said(updates, 2) == ["10:11", "Chờ quá 15\u00a0phút: Đất đai", "4 phút · chưa giao"]
    assert said(updates, 3) == ["08:55", "3 sự kiện lỗi trong 24 giờ chưa xử lý", "đã xong 10:00"]
    assert updates[PropertyUpdate("alarm-3-sign", "className")] == "sign sign-done"
    assert updates[PropertyUpdate("alarms-card", "className")] == "card alarms-critical"


def test_it_is_tinted_only_while_one_calls():
    one = after(raised(), ("acknowledged", "lan", "", 1))
    updates = alarm_panel.updates(board_state("en", alarms=combine_alarms([one], {})))
    assert updates[PropertyUpdate("alarms-card", "className")] == "card alarms-normal"
    assert updates[PropertyUpdate("alarms-title", "children")] == "1 alarm being dealt with"
    assert updates[PropertyUpdate("alarm-0", "className")] == "row row-seen"
    assert said(updates, 0)[2] == "acknowledged · not assigned"


def test_a_share_is_cut_off_as_on_its_card():
    alarms = combine_alarms([after(raised("speaker.offline", "", value=200 / 3))], {})
    assert (
        said(alarm_panel.updates(board_state("vi", alarms=alarms)), 0)[1]
        == "Cụm loa mất kết nối, còn 66,6\u00a0% trực tuyến"
    )


def test_more_than_fits_is_counted():
    many = combine_alarms([after(raised(subject=f"s{number}")) for number in range(8)], {})
    updates = alarm_panel.updates(board_state("en", alarms=many))
    assert said(updates, alarm_panel.ROWS - 1)[1] == "and 5 more"


def test_the_signal_tells_the_worst_that_called_last():
    updates = {update.path: value for update, value in alarm_signal.updates(board_state("vi", alarms=wall())).items()}
    assert updates["data-severity"] == "critical"
    assert updates["data-count"] == 3
    assert updates["data-text"] == "Cụm loa mất kết nối, còn 95,7\u00a0% trực tuyến: TDP 12, 13, 41"
    assert updates["data-newest"].endswith("-critical")
    assert updates["data-quiet"] == ""
    quiet = wall()._replace(is_quiet=True, critical_passes=False)
    assert alarm_signal.updates(board_state(alarms=quiet))[PropertyUpdate("alarm-signal", "data-quiet")] == "true"


def test_without_alarms_the_signal_is_empty():
    assert set(alarm_signal.updates(board_state()).values()) == {"", 0}
