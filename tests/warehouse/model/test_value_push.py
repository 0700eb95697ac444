"""What the board hears of a flush."""

from warehouse.model.value import Value
from warehouse.model.value_push import decode_push, encode_push, pushes

MINUTE = 60_000


def stock(window: int, numerator: int, version: int) -> Value:
    return Value(
        "hong-bang", "Q02", "stock", window * MINUTE, "", "", numerator, 0, 1, window * MINUTE + MINUTE, "t", 0, 5, version
    )  # fmt: skip


def test_of_a_stock_the_newest_minute_is_told_even_if_an_older_one_was_written_after_it() -> None:
    newest, revised = stock(7, 3, 8 * MINUTE), stock(5, 9, 6 * MINUTE + 1)
    (push,) = pushes([stock(6, 1, 7 * MINUTE), newest, revised], {})
    assert push.values == [newest]
    assert decode_push(encode_push(push)) == push


def test_every_window_of_a_flow_is_told_in_its_newest_version() -> None:
    first, second = (stock(window, 1, 1)._replace(grain="flow") for window in (5, 6))
    again = first._replace(numerator=2, version=4, revision=1)
    (push,) = pushes([again, second, first], {"hong-bang": 77})
    assert sorted(push.values) == sorted([again, second])
    assert push.newest_recorded_ms == 77
