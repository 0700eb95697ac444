"""Foreign number: a number from outside that is written as a number.

Pydantic also takes texts, and reads `1.000` as one, where a Vietnamese system means a thousand; `true` would be one as well.
Which of a source's texts are numbers, and of which country, its connector would have to say; until one does, they are refused.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator


def _plain(value: Any) -> Any:
    if isinstance(value, str | bool):
        raise ValueError("a number must be written as a number, not as a text or a truth value")
    return value


PlainInt = Annotated[int, BeforeValidator(_plain)]
"""A whole number."""

PlainFloat = Annotated[float, BeforeValidator(_plain)]
"""A number."""
