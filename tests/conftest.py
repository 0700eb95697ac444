"""What holds for all tests."""

import atexit
import gc
import os
import re
from collections import Counter
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from warehouse.settings import WarehouseSettings

# Collecting makes a million objects, all of which stay: to look through them for garbage, again and again, takes a quarter of its time.
gc.disable()

# To take a million objects apart at the end takes seconds, for which whoever hands out the tests would wait.
if "PYTEST_XDIST_WORKER" in os.environ:
    atexit.register(os._exit, 0)

# How long an example takes says nothing about it: machines are noisy, and two files run at once. In CI every run takes the same ones.
settings.register_profile(
    "noisy machine",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("noisy machine")
# `./ioc test --quick` tries a few examples, the default suite all of them.
settings.register_profile("quick", parent=settings.get_profile("noisy machine"), max_examples=25)
# `./ioc mutations` asks only whether a test fails, many times, and the same each time.
settings.register_profile(
    "mutations",
    parent=settings.get_profile("noisy machine"),
    max_examples=50,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
)

ROOT = Path(__file__).parents[1]

BOARDS_OF_THEIR_OWN = ("test_groups.py", "test_legible.py", "test_pages.py", "test_sources.py", "test_wall.py")
"""Tests of the browser that need no whole stack."""

SOURCES = re.compile(r"\btrees\(\)")
KAFKA = re.compile(r"\bdef \w+\([^)]*\b(kafka|producer)\b")
WAREHOUSE = re.compile(r"\bdef \w+\([^)]*\bwarehouse\b")
"""What stands in files whose tests share the sources as parsed, the fixture `kafka` or the fixture `warehouse`."""


@cache
def scope_of(file: str) -> str:
    """What the tests of a file share with those of others; the file itself where that is nothing."""
    if file.startswith("tests/browser/"):
        return file if file.endswith(BOARDS_OF_THEIR_OWN) else "a whole stack"
    text = (ROOT / file).read_text(encoding="utf-8")
    if SOURCES.search(text):
        return "sources"
    if "embedded" in text and file.startswith("tests/ingest/") and KAFKA.search(text):
        return "Kafka"
    if "embedded" in text and WAREHOUSE.search(text):
        return "a warehouse" if file.startswith("tests/warehouse/") else "another warehouse"
    return file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest first, so that nothing long is left over for one process at the end; quick tests fill the gaps."""
    sizes = Counter(item.path for item in items)

    def place(item: pytest.Item) -> tuple[bool, bool, bool, bool, int]:
        is_seen, is_embedded = (bool(item.get_closest_marker(mark)) for mark in ("browser", "embedded"))
        file = str(item.path.relative_to(ROOT))
        is_alone = scope_of(file) == file
        # Those of the browser share a stack: dead letters that a test puts there by hand come after the audit of another.
        has_stack = is_seen or hasattr(getattr(item, "module", None), "Stack")  # most of the whole minutes
        return not is_seen, not is_embedded, is_alone, not has_stack, -sizes[item.path] if is_seen else 0

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """From now on garbage is looked for again, seldom, and not among what has been collected."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a test that fails, what each process of its stack said last and whether it still runs."""
    report = yield
    if report.failed:
        # Here, so that what only hands out the tests does not import the product.
        from commands.supervision.stack import Stack

        for name, stack in getattr(item, "funcargs", {}).items():
            if isinstance(stack, Stack):
                report.sections.append((f"processes of {name}", stack.told()))
    return report


@pytest.fixture(scope="session")
def warehouse_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator["WarehouseSettings"]:
    """The settings of a warehouse that runs as long as there are tests, which leave it as it is but for what it holds."""
    from tests.support import warehouse_server

    with warehouse_server.running(tmp_path_factory.mktemp("warehouse")) as settings:
        yield settings


@pytest.fixture(scope="module")
def warehouse(warehouse_of_all: "WarehouseSettings") -> "WarehouseSettings":
    """The same, with nothing in it: for one file after the other."""
    from tests.support import warehouse_server

    warehouse_server.empty(warehouse_of_all)
    return warehouse_of_all


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling:
    return ByFile(config, log)


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """The tests of a file in one process, and those of files that share what is dear as well: it starts once, and is never idle."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(super()._split_scope(nodeid))
