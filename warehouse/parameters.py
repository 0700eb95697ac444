"""Parameters: values on their way into SQL, so that a moment means the same in every zone."""

from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Moment:
    """A moment as SQL that means the same in every zone."""

    def __init__(self, microseconds: int) -> None:
        self.microseconds = microseconds

    def __str__(self) -> str:
        return f"fromUnixTimestamp64Micro({self.microseconds}, 'UTC')"


def plain(value: Any, *, typed: bool) -> Any:
    """A parameter's value as the driver can write it.

    Args:
        value: the value.
        typed: whether its place in the SQL says its type.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"datetime without zone: {value}")
        microseconds = (value - _EPOCH) // timedelta(microseconds=1)
        seconds, rest = divmod(microseconds, 1_000_000)
        return (f"{seconds}.{rest:06}" if rest else str(seconds)) if typed else _Moment(microseconds)
    if isinstance(value, list | tuple):
        return type(value)(plain(item, typed=typed) for item in value)
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
