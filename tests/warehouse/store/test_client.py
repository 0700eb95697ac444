import socket
import threading
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from clickhouse_driver.connection import Connection
from pydantic import SecretStr, ValidationError

from commands.developers.nemesis.faults.tcp_proxy import TcpProxies, TcpProxy
from commands.install.ports import free_ports
from ingest.contract.errors import ConfigurationError, Unavailable
from tests.support import warehouse_server
from warehouse.settings import WarehouseSettings
from warehouse.store.client import QUORUM, Client, ServerError, connect

pytestmark = pytest.mark.embedded

WARD_TIME = timezone(timedelta(hours=7))


def test_rows_come_as_tuples(client):
    assert client.query("SELECT number, toString(number) FROM numbers(3)") == [(0, "0"), (1, "1"), (2, "2")]


def test_columns_come_by_name(client):
    assert client.query_columns("SELECT number AS n, 'x' AS x FROM numbers(2)") == {"n": (0, 1), "x": ("x", "x")}


def test_columns_of_no_rows_have_their_names(client):
    assert client.query_columns("SELECT 1 AS n, 'x' AS x WHERE 0") == {"n": (), "x": ()}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("UInt64", 2**64 - 1, 2**64 - 1),
        ("Int32", -5, -5),
        ("Float64", 1.5, 1.5),
        ("Bool", True, True),
        ("String", "it's a \\ and\na\ttab, 'q' {x} %(y)s \"é\"", "it's a \\ and\na\ttab, 'q' {x} %(y)s \"é\""),
        ("String", "", ""),
        ("Date", date(2026, 2, 28), date(2026, 2, 28)),
        ("UUID", UUID(int=5), UUID(int=5)),
        ("Array(String)", ["a'b", "\\", ""], ["a'b", "\\", ""]),
        ("Array(UInt8)", [1, 2], [1, 2]),
        (
            "DateTime64(3, 'UTC')",
            datetime(2026, 3, 1, 7, 0, 0, 250_000, tzinfo=WARD_TIME),
            datetime(2026, 3, 1, 0, 0, 0, 250_000, tzinfo=UTC),
        ),
        ("DateTime('UTC')", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        ("DateTime('Asia/Ho_Chi_Minh')", datetime(2026, 3, 1, 7, tzinfo=WARD_TIME), datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_typed_parameters_keep_their_value(client, kind, value, expected):
    assert client.query(f"SELECT {{value:{kind}}}", {"value": value}) == [(expected,)]


def test_parameters_are_values_never_sql(client):
    hostile = "x') OR 1 = 1; DROP TABLE t --"
    assert client.query("SELECT {value:String}", {"value": hostile}) == [(hostile,)]
    assert client.query("SELECT %(value)s", {"value": hostile}) == [(hostile,)]


def test_parameters_that_are_filled_in_here(client):
    moment = datetime(2026, 3, 1, 7, tzinfo=WARD_TIME)
    found = client.query("SELECT %(a)s + 1, %(b)s, toDateTime(%(c)s, 'UTC')", {"a": 1, "b": None, "c": moment})
    assert found == [(2, None, datetime(2026, 3, 1, tzinfo=UTC))]


def test_moments_filled_in_here_compare_in_any_zone(client):
    moment = datetime(2026, 3, 1, 7, 0, 0, 500, tzinfo=WARD_TIME)
    found = client.query(
        "SELECT toDateTime64('2026-03-01 07:00:00.0005', 6, 'Asia/Ho_Chi_Minh') = %(at)s, 1 IN %(few)s",
        {"at": moment, "few": (1, 2)},
    )
    assert found == [(1, 1)]


def test_a_datetime_without_zone_is_refused(client):
    with pytest.raises(ValueError, match="without zone"):
        client.query("SELECT {at:DateTime}", {"at": datetime(2026, 1, 1)})  # noqa: DTZ001


def test_a_missing_parameter_is_an_error_of_clickhouse(client):
    with pytest.raises(ServerError) as error:
        client.query("SELECT {a:UInt8}", {"b": 1})
    assert error.value.code == 456


def test_insert_stores_columns_and_leaves_them_as_they_are(client):
    client.execute(
        "CREATE TABLE stored (n UInt32, at DateTime64(3, 'UTC'), name LowCardinality(String), amount Nullable(Float64), "
        "made DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY n"
    )
    moment = datetime(2026, 1, 1, 0, 0, 0, 5000, tzinfo=UTC)
    columns = {"n": (1, 2), "at": [moment, 1_767_225_600_007], "name": ["a", "ố"], "amount": [None, 0.5]}
    before = {name: list(values) for name, values in columns.items()}

    assert client.insert("stored", columns) == 2

    assert {name: list(values) for name, values in columns.items()} == before
    assert client.query("SELECT n, at, name, amount FROM stored ORDER BY n") == [
        (1, moment, "a", None),
        (2, moment.replace(microsecond=7000), "ố", 0.5),
    ]


def test_insert_of_nothing_stores_nothing(client):
    client.execute("CREATE TABLE nothing (n UInt32) ENGINE = MergeTree ORDER BY n")
    assert client.insert("nothing", {"n": []}) == 0
    assert client.query("SELECT count() FROM nothing") == [(0,)]


def test_insert_with_a_token_counts_once(client):
    client.execute(
        "CREATE TABLE once (n UInt32) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100"
    )
    for token in ("a", "a", "b"):
        client.insert("once", {"n": [1, 2]}, {"insert_deduplication_token": token})
    assert client.query("SELECT count() FROM once") == [(4,)]


def test_insert_takes_names_only(client):
    with pytest.raises(ValueError, match="no name"):
        client.insert("stored; DROP TABLE stored", {"n": [1]})
    with pytest.raises(ValueError, match="no name"):
        client.insert("stored", {"n) SELECT 1 --": [1]})


def test_a_bad_value_stores_nothing_and_the_client_goes_on(client):
    client.execute("CREATE TABLE bad (n UInt8) ENGINE = MergeTree ORDER BY n")
    with pytest.raises(Exception, match=r"Type mismatch|format requires"):
        client.insert("bad", {"n": [1, 300]})
    assert client.query("SELECT count() FROM bad") == [(0,)]


def test_stream_gives_header_and_blocks(client):
    with client.stream("SELECT number AS n, 'x' AS x FROM numbers(200000)") as stream:
        assert stream.columns == [("n", "UInt64"), ("x", "String")]
        sizes = [len(rows) for rows in stream]
    assert sum(sizes) == 200_000
    assert len(sizes) > 1


def test_stream_of_no_rows_has_its_header(client):
    with client.stream("SELECT 1 AS n WHERE 0") as stream:
        assert stream.columns == [("n", "UInt8")]
        assert list(stream) == []


def test_a_stream_closed_early_ends_its_query(client, warehouse):
    with client.stream("SELECT number, 'early' FROM system.numbers") as stream:
        next(iter(stream))
    assert client.query("SELECT 1") == [(1,)]
    with connect(warehouse) as other:
        for _ in range(1000):
            if not other.query("SELECT 1 FROM system.processes WHERE query LIKE '%early%' AND query LIKE '%numbers'"):
                return
    pytest.fail("the query still runs")


def test_who_closes_what_another_thread_ends_in_the_same_moment_is_not_to_blame(warehouse, monkeypatch):
    client = connect(warehouse)

    def ended_meanwhile(connection):
        connection.socket.close()
        connection.socket = None
        disconnect(connection)

    disconnect = Connection.disconnect
    monkeypatch.setattr(Connection, "disconnect", ended_meanwhile)
    client.query("SELECT 1")
    client.close()


def test_an_error_in_the_middle_of_a_stream_is_raised(client):
    query = "SELECT throwIf(number = 3000000, 'there it is') FROM numbers(4000000) SETTINGS max_threads = 1"
    seen = 0
    with client.stream(query) as stream:
        rows = iter(stream)
        seen += len(next(rows))
        with pytest.raises(ServerError, match="there it is") as error:
            list(rows)
    assert error.value.code == 395
    assert seen > 0
    assert client.query("SELECT 1") == [(1,)]


def test_settings_hold_for_one_query(client):
    ask = "SELECT getSetting('max_result_rows')"
    assert client.query(ask, settings={"max_result_rows": 7}) == [(7,)]
    assert client.query(ask) == [(0,)]


def test_clickhouse_errors_keep_code_and_text(client):
    with pytest.raises(ServerError, match="UNKNOWN_TABLE") as error:
        client.query("SELECT * FROM nowhere")
    assert error.value.code == 60
    assert "nowhere" in str(error.value)


def test_nobody_there_is_unavailable(warehouse):
    (port,) = free_ports(1)
    with pytest.raises(Unavailable, match=f"127.0.0.1:{port}"):
        connect(warehouse.model_copy(update={"port": port}))


def test_a_database_that_is_not_there_yet_is_unavailable(warehouse):
    with pytest.raises(Unavailable, match="later"):
        connect(warehouse.model_copy(update={"database": "later"}))


def test_a_wrong_password_is_a_wrong_setting(warehouse):
    with pytest.raises(ConfigurationError, match="IOC_WAREHOUSE_PASSWORD"):
        connect(warehouse.model_copy(update={"password": SecretStr("not the password")}))


def test_analysts_without_password_have_no_access(warehouse):
    with pytest.raises(ConfigurationError, match="ANALYST_PASSWORD"):
        connect(warehouse.model_copy(update={"analyst_password": None}), "analyst")


def test_after_a_restart_reads_go_on_and_a_write_says_so_once(tmp_path):
    settings = warehouse_server.settings_for(tmp_path)
    process = warehouse_server.launch(settings)
    try:
        warehouse_server.wait_for(settings, process)
        with connect(settings) as reader, connect(settings) as writer:
            writer.execute("CREATE TABLE kept (n UInt32) ENGINE = MergeTree ORDER BY n")
            writer.insert("kept", {"n": [1]})
            process.kill()
            process.wait()
            with pytest.raises(Unavailable):
                reader.query("SELECT 1")
            process = warehouse_server.launch(settings)
            warehouse_server.wait_for(settings, process)

            assert reader.query("SELECT n FROM kept") == [(1,)]
            with pytest.raises(Unavailable):
                writer.insert("kept", {"n": [2]})
            writer.insert("kept", {"n": [3]})
            assert reader.query("SELECT n FROM kept ORDER BY n") == [(1,), (3,)]
    finally:
        warehouse_server.end(process)


def test_the_first_replica_that_answers_is_used(warehouse):
    (closed,) = free_ports(1)
    replicas = warehouse.model_copy(update={"host": f"127.0.0.1:{closed}, 127.0.0.1:{warehouse.port}"})
    with connect(replicas) as client:
        assert client.query("SELECT 1") == [(1,)]


def test_a_replica_that_hangs_up_at_the_door_is_passed_over(warehouse):
    with socket.create_server(("127.0.0.1", 0)) as door:

        def hang_up():
            visitor, _ = door.accept()
            visitor.recv(1_000)  # what is read leaves nothing to reset: the client sees the end
            visitor.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        hosts = f"127.0.0.1:{door.getsockname()[1]}, 127.0.0.1:{warehouse.port}"
        with connect(warehouse.model_copy(update={"host": hosts})) as client:
            assert client.query("SELECT 1") == [(1,)]
        thread.join(10)


def test_when_its_replica_goes_away_a_client_goes_to_another_which_first_gets_what_the_one_before_had(
    warehouse, monkeypatch
):
    synced = []
    monkeypatch.setattr(Client, "sync_replica", lambda one: synced.append(one))
    ports = free_ports(2)
    gates = TcpProxies([TcpProxy(str(port), port, warehouse.port) for port in ports])
    gates.start()
    first, second = (f"127.0.0.1:{port}" for port in ports)
    replicas = warehouse.model_copy(update={"host": f"{first},{second}", "cluster": "city"})
    try:
        with connect(replicas) as client:
            client.query("SELECT 1")
            assert synced == []
            gates.set(str(ports[0]), "shut")
            with pytest.raises(Unavailable):
                client.execute("SET max_threads = 1")
            assert client.query("SELECT 1") == [(1,)]
            assert synced == [client]
            gates.set(str(ports[0]), "open")
            assert client.query("SELECT 1") == [(1,)]  # it stays where it is
            assert synced == [client]
            gates.set(str(ports[1]), "shut")
            assert client.query("SELECT 1") == [(1,)]  # a question is asked again there without an error
            assert synced == [client, client]
    finally:
        gates.close()


def test_who_asks_another_replica_than_the_one_that_was_written_to_waits_until_it_has_everything(
    warehouse, monkeypatch
):
    """Else a duplicate that comes within the replicas' lag would be counted."""
    synced = []
    monkeypatch.setattr(Client, "sync_replica", lambda one: synced.append(one))
    (port,) = free_ports(1)
    gates = TcpProxies([TcpProxy("other", port, warehouse.port)])
    gates.start()
    elsewhere = warehouse.model_copy(update={"host": f"127.0.0.1:{port}"})
    try:
        with connect(warehouse) as writer, connect(warehouse) as near, connect(elsewhere) as far:
            near.follow(writer)
            assert synced == []
            far.follow(writer)
            far.follow(Client(warehouse))  # nothing was written by it
            assert synced == [far]
    finally:
        gates.close()


def test_on_a_cluster_every_insert_waits_for_the_majority_and_a_reader_for_the_replica(warehouse, monkeypatch):
    replicas = warehouse.model_copy(update={"cluster": "city"})
    with connect(replicas) as client:
        asked = ", ".join(f"toString(getSetting('{name}'))" for name in QUORUM)
        assert client.query(f"SELECT {asked}") == [("auto", "true", "30000")]
    sent = []
    monkeypatch.setattr(Client, "query", lambda *_: [("raw_events",), ("raw_values",)])
    monkeypatch.setattr(Client, "execute", lambda _, sql: sent.append(sql))
    Client(replicas).sync_replica()
    assert sent == [f"SYSTEM SYNC REPLICA ioc.{table} LIGHTWEIGHT" for table in ("raw_events", "raw_values")]
    sent.clear()
    Client(warehouse).sync_replica()
    assert sent == []


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("", [("127.0.0.1", 9000)]),
        ("ch", [("ch", 9000)]),
        ("ch-1, ch-2:9440,[::1]:9001", [("ch-1", 9000), ("ch-2", 9440), ("::1", 9001)]),
    ],
)
def test_replicas_are_named_with_commas(warehouse, host, addresses):
    assert warehouse.model_copy(update={"host": host, "port": 9000}).addresses == addresses


@pytest.mark.parametrize("host", ["ch:", "ch:70000", "ch:0", "a,,b", "http://ch", "a b"])
def test_what_is_no_host_is_refused(host):
    with pytest.raises(ValidationError, match="host"):
        WarehouseSettings(_env_file=None, host=host, password=SecretStr("owner-password-of-the-tests"))
