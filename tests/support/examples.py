"""How many examples a property is tried with, where the profile's number would take too long or find too little."""

from hypothesis import settings

_FEW = 25
"""Examples by default at which a run is one of `./ioc test --quick`, see `tests/conftest.py`."""


def examples(count: int) -> int:
    """So many; in `./ioc test --quick` a quarter of them."""
    return count if settings.default.max_examples > _FEW else -(-count // 4)
