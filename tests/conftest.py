"""What holds for all tests."""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says nothing about it: machines are noisy, and two files run at once. In CI every run takes the same ones.
settings.register_profile(
    "noisy machine",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("noisy machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first; the browser last, because its driver keeps an event loop running until the end, its longest files first."""
    sizes = Counter(item.path for item in items)

    def place(item: pytest.Item) -> tuple[bool, bool, int]:
        is_seen, is_embedded = (bool(item.get_closest_marker(mark)) for mark in ("browser", "embedded"))
        return is_seen, is_embedded, -sizes[item.path] if is_seen else 0

    items.sort(key=place)
