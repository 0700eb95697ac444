"""The declared metrics: their names, units and labels, as Prometheus wants them."""

import re
import tomllib
from collections import Counter as Counts
from pathlib import Path

import pytest
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from ingest.runtime import metrics

DECLARED = [one for one in vars(metrics).values() if isinstance(one, Counter | Gauge | Histogram)]
LABELS = {"connector", "outcome", "reason", "topic", "partition", "table", "code", "kind", "status", "stage", "path"}
OTHER_UNITS = re.compile(r"_(ms|millis|milliseconds|minutes|hours|kb|mb|percent)(_|$)")


def declared(one: Counter | Gauge | Histogram) -> Metric:
    (metric,) = one.describe()
    return metric


@pytest.mark.parametrize("one", DECLARED, ids=lambda one: declared(one).name)
def test_names_have_base_units_and_labels_that_are_few(one):
    name = declared(one).name + ("_total" if isinstance(one, Counter) else "")
    assert re.fullmatch(r"ioc(_[a-z0-9]+)+", name)
    assert not OTHER_UNITS.search(name)
    assert ("_total" in name) == isinstance(one, Counter)
    assert set(one._labelnames) <= LABELS  # noqa: SLF001  # the client tells labels only of what was counted
    assert declared(one).documentation.endswith(".")


def test_every_metric_is_filled_by_some_process_and_shared_ones_are_declared_once():
    filled = {*metrics.OF_CONNECTORS, *metrics.OF_STREAMS, *metrics.OF_WAREHOUSE, *metrics.OF_BOARD}
    assert filled == set(DECLARED)
    assert len({declared(one).name for one in DECLARED}) == len(DECLARED)


def test_what_mappings_count_is_told_by_outcome():
    counts = {"queue_kiosk": Counts(messages=9, events=5, dead_letters=2, refused_401=1, unknown_fields=4)}
    registry = metrics.registry(metrics.ReceivedCollector(lambda: counts))
    text = generate_latest(registry).decode()
    (family,) = (one for one in text_string_to_metric_families(text) if one.name == "ioc_events_received")
    assert {(sample.labels["connector"], sample.labels["outcome"]): sample.value for sample in family.samples} == {
        ("queue_kiosk", "accepted"): 5,
        ("queue_kiosk", "dead_letter"): 2,
        ("queue_kiosk", "refused_401"): 1,
    }


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == metrics.VERSION
