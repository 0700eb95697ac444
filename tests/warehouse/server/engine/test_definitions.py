"""A definition whose file the disk had no room for does not keep the warehouse from starting, be it a view's or a table's."""

import pytest

from ingest.contract.errors import ConfigurationError
from tests.support import warehouse_server
from tests.support.made import events
from tests.support.raw import store
from warehouse import views
from warehouse.server.engine.definitions import keep_definitions, mend_definitions
from warehouse.store.client import connect

NAMES = frozenset({"events", "working_calendar"})


def definition(folder, name, text):
    path = folder / "store" / "ca9" / "ca92ac21-3450-48fa-8a29-f7dac245cdd9" / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_empty_definitions_of_views_are_removed_and_nothing_else(tmp_path):
    empty, half = definition(tmp_path, "events", ""), definition(tmp_path, "_tmp_replace_59a7_gv", "")
    whole, table = definition(tmp_path, "working_calendar", "ATTACH …"), definition(tmp_path, "raw_events", "ATTACH …")
    mend_definitions(tmp_path, NAMES)
    assert [path.exists() for path in (empty, half, whole, table)] == [False, False, True, True]


def test_the_empty_definition_of_a_table_without_a_copy_is_an_error_that_says_what_to_do(tmp_path):
    path = definition(tmp_path, "raw_events", "")
    with pytest.raises(ConfigurationError, match=r"raw_events.*\./ioc restore"):
        mend_definitions(tmp_path, NAMES)
    assert path.exists()


def test_a_copy_follows_its_table(tmp_path):
    path = definition(tmp_path, "raw_events", "ATTACH 1")
    definition(tmp_path, "events", "ATTACH a view")
    for text in ("ATTACH 1", "ATTACH 2"):
        path.write_text(text)
        keep_definitions(tmp_path, NAMES)
        path.write_text("")
        keep_definitions(tmp_path, NAMES)  # what is empty replaces no copy
        mend_definitions(tmp_path, NAMES)
        assert path.read_text() == text
    path.unlink()
    keep_definitions(tmp_path, NAMES)
    assert [one.name for one in (tmp_path / "definitions").rglob("*.sql")] == []


@pytest.mark.embedded
def test_it_starts_and_has_its_rows_again(tmp_path):
    with warehouse_server.running(tmp_path) as settings, connect(settings) as client:
        store(client, events(seed=1, count=20))
        rows = client.query("SELECT * FROM raw_events ORDER BY ALL")
    (path,) = (tmp_path / "warehouse" / "store").glob("*/*/raw_events.sql")
    path.write_text("")
    with warehouse_server.running(tmp_path) as settings, connect(settings) as client:
        assert client.query("SELECT * FROM raw_events ORDER BY ALL") == rows
        store(client, events(seed=2, count=20))
        assert client.query("SELECT count() > 20 FROM raw_events") == [(1,)]


@pytest.mark.embedded
def test_it_starts_and_has_its_views_again(tmp_path):
    with warehouse_server.running(tmp_path) as settings, connect(settings) as client:
        made = views_made(client)
        assert set(made) == views.public_names()
    (path,) = (tmp_path / "warehouse" / "store").glob("*/*/working_calendar.sql")
    path.write_text("")
    with warehouse_server.running(tmp_path) as settings, connect(settings) as client:
        found = views_made(client)
        assert client.query("SELECT count() FROM working_calendar") == [(1,)]
        assert {name for name in made if found[name] != made[name]} == {"working_calendar"}  # the others are untouched
        client.execute("CREATE OR REPLACE VIEW events AS SELECT 1 AS x")
        views.sync_views(client)
        assert client.query("SELECT count() FROM events") == [(0,)]


def views_made(client):
    """When each view was made."""
    return dict(
        client.query(
            "SELECT name, uuid FROM system.tables WHERE database = currentDatabase() AND engine = 'View' ORDER BY name"
        )
    )
