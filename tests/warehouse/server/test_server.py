import ctypes
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from uuid import UUID

import psutil
import pytest
from clickhouse_driver import Client as Driver
from clickhouse_driver.block import ColumnOrientedBlock
from clickhouse_driver.errors import ServerException
from pydantic import SecretStr

from tests.support import warehouse_server
from warehouse.store.client import connect

pytestmark = pytest.mark.embedded

PATIENCE = 2000


def driver(settings, **changed):
    """The bare driver, for what our own client never does."""
    given = {
        "host": "127.0.0.1",
        "port": settings.port,
        "user": settings.user,
        "password": settings.password.get_secret_value(),
        "database": settings.database,
    }
    return Driver(**{**given, **changed})


def refused(client, sql, **given):
    with pytest.raises(ServerException) as error:
        client.execute(sql, **given)
    return error.value.code


VALUES = {
    "UInt8": [0, 255],
    "Int64": [-(2**63), 2**63 - 1],
    "UInt256": [0, 2**256 - 1],
    "Float32": [0.0, -1.5],
    "Float64": [0.1, 1e300],
    "Decimal(18, 4)": [Decimal("1.2345"), Decimal("-9")],
    "Bool": [True, False],
    "String": ["", "Hải Phòng\n\0\\'"],
    "FixedString(4)": ["abcd", "ab"],
    "UUID": [UUID(int=1), UUID(int=2**128 - 1)],
    "IPv4": [IPv4Address("1.2.3.4"), IPv4Address("0.0.0.0")],
    "IPv6": [IPv6Address("::1"), IPv6Address("fe80::1")],
    "Date": [date(1970, 1, 1), date(2149, 6, 6)],
    "Date32": [date(1900, 1, 1), date(2299, 12, 31)],
    "DateTime('UTC')": [datetime(2026, 1, 1, tzinfo=UTC), datetime(2105, 1, 1, tzinfo=UTC)],
    "DateTime('Asia/Ho_Chi_Minh')": [datetime(2026, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC)],
    "DateTime64(3, 'UTC')": [datetime(2026, 1, 1, 0, 0, 0, 123_000, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)],
    "Enum8('mở' = 1, 'đóng, xong' = -2)": ["mở", "đóng, xong"],
    "Nullable(Int32)": [None, 5],
    "Nullable(String)": ["x", None],
    "LowCardinality(String)": ["a", "a"],
    "LowCardinality(Nullable(String))": [None, "b"],
    "Array(UInt16)": [[], [1, 2, 3]],
    "Array(Array(String))": [[["a"], []], []],
    "Array(LowCardinality(String))": [["a", "b"], ["b"]],
    "Array(Nullable(Float64))": [[None, 1.5], []],
    "Map(String, UInt64)": [{"a": 1}, {}],
    "Map(LowCardinality(String), Array(Int8))": [{"k": [1, -1]}, {"l": []}],
    "Tuple(UInt8, String)": [(1, "a"), (2, "b")],
    "Array(Tuple(UInt8, String))": [[(1, "a"), (2, "b")], []],
    "Tuple(Float64, Float64)": [(1.5, 2.5), (0.0, -1.0)],
    "SimpleAggregateFunction(sum, UInt64)": [1, 2],
}


@pytest.mark.parametrize("kind", VALUES)
def test_every_type_goes_in_and_comes_out(client, kind):
    client.execute("DROP TABLE IF EXISTS typed")
    client.execute(f"CREATE TABLE typed (n UInt8, value {kind}, after UInt8) ENGINE = MergeTree ORDER BY n")
    assert client.insert("typed", {"n": [1, 2], "value": VALUES[kind], "after": [7, 8]}) == 2
    rows = client.query("SELECT n, value, after FROM typed ORDER BY n")
    expected: Any = ["abcd", "ab\0\0"] if kind.startswith("Fixed") else VALUES[kind]
    assert [(n, after) for n, _, after in rows] == [(1, 7), (2, 8)]
    assert [value.rstrip("\0") if kind.startswith("Fixed") else value for _, value, _ in rows] == [
        value.rstrip("\0") if kind.startswith("Fixed") else value for value in expected
    ]


def test_a_zone_is_kept_where_the_engine_would_drop_it(client):
    at = "toDateTime64('2026-03-01 20:30:00', 3, 'UTC')"
    ((local, start),) = client.query(
        f"SELECT toDateTime({at}, 'Asia/Ho_Chi_Minh'), toStartOfDay({at}, 'Asia/Ho_Chi_Minh')"
    )
    assert (local.day, local.hour) == (2, 3)
    assert (start.day, start.hour) == (2, 0)
    assert start == datetime(2026, 3, 1, 17, tzinfo=UTC)


def test_names_and_types_of_a_temporary_table_are_found(warehouse):
    with driver(warehouse) as raw:
        raw.execute("CREATE TEMPORARY TABLE passing (at DateTime('Asia/Ho_Chi_Minh'))")
        raw.execute("INSERT INTO passing SELECT toDateTime(0)")
        ((at,),), columns = raw.execute("SELECT at FROM passing", with_column_types=True)
    assert columns == [("at", "DateTime('Asia/Ho_Chi_Minh')")]
    assert at == datetime(1970, 1, 1, tzinfo=UTC)


def test_json_goes_in_and_comes_out(client):
    client.execute("CREATE TABLE documents (n UInt8, body JSON) ENGINE = MergeTree ORDER BY n")
    client.insert("documents", {"n": [1, 2], "body": [{"a": {"b": 1}}, {}]})
    assert client.query("SELECT body, body.a.b::Int64 FROM documents WHERE n = 1") == [({"a": {"b": 1}}, 1)]


def test_rows_go_in_as_rows(warehouse):
    with driver(warehouse) as raw:
        raw.execute(
            "CREATE TABLE by_row (n UInt8, name String DEFAULT 'x', twice UInt16 MATERIALIZED n * 2) ENGINE = Memory"
        )
        assert raw.execute("INSERT INTO by_row VALUES", [(1, "a"), (2, "b")]) == 2
        assert raw.execute("INSERT INTO ioc.by_row (n) VALUES", [{"n": 3}]) == 1
        assert raw.execute("INSERT INTO `by_row` (`n`, name) FORMAT Native", [(4, "d")]) == 1
        raw.execute("INSERT INTO by_row (n) VALUES (5), (6)")
        raw.execute("INSERT INTO by_row (n) SELECT 7")
        rows = raw.execute("SELECT n, name, twice FROM by_row ORDER BY n")
    assert rows == [(1, "a", 2), (2, "b", 4), (3, "x", 6), (4, "d", 8), (5, "x", 10), (6, "x", 12), (7, "x", 14)]


def test_many_blocks_of_one_insert_are_all_stored(warehouse):
    with driver(warehouse) as raw:
        raw.execute("CREATE TABLE blocks (n UInt32, name String) ENGINE = MergeTree ORDER BY n")
        rows = [(n, "x" * (n % 50)) for n in range(25_000)]
        assert raw.execute("INSERT INTO blocks VALUES", rows, settings={"insert_block_size": 1000}) == 25_000
        assert raw.execute("SELECT count(), sum(n), sum(length(name)) FROM blocks") == [
            (25_000, sum(n for n, _ in rows), sum(len(name) for _, name in rows))
        ]


def test_an_insert_remembers_no_old_columns(warehouse, client):
    client.execute("CREATE TABLE changing (n UInt8) ENGINE = MergeTree ORDER BY n")
    with driver(warehouse) as raw:
        raw.execute("INSERT INTO changing VALUES", [(1,)])
        client.execute("ALTER TABLE changing ADD COLUMN name String")
        assert raw.execute("INSERT INTO changing VALUES", [(2, "b")]) == 1
    assert client.query("SELECT * FROM changing ORDER BY n") == [(1, ""), (2, "b")]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ([("n", "UInt16")], 53),
        ([("m", "UInt8")], 10),
        ([("n", "UInt8"), ("m", "UInt8")], 117),
    ],
)
def test_a_block_of_other_columns_is_refused_whole(warehouse, client, columns, code):
    client.execute("CREATE TABLE IF NOT EXISTS strict (n UInt8) ENGINE = MergeTree ORDER BY n")
    with driver(warehouse) as raw:
        raw.execute("SELECT 1")
        raw.connection.send_query("INSERT INTO strict (n) VALUES")
        raw.connection.send_external_tables(None)
        raw.receive_sample_block()
        raw.connection.send_data(ColumnOrientedBlock(columns, [[1] for _ in columns]))
        raw.connection.send_data(ColumnOrientedBlock())
        packet = raw.connection.receive_packet()
        assert packet.exception.code == code
        raw.connection.is_query_executing = False
        assert raw.execute("SELECT count() FROM strict") == [(0,)]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM nowhere", 60),
        ("SELECT nothing FROM numbers(1)", 47),
        ("SELEKT 1", 62),
        ("SELECT throwIf(1)", 395),
        ("SELECT toDateTime('2200-01-01 00:00:00')", 321),
        ("SELECT 1; SELECT 2", 62),
        ("DROP TABLE nowhere", 60),
        ("INSERT INTO nowhere VALUES", 60),
        ("INSERT INTO schema_migrations (nothing) VALUES", 16),
        ("INSERT INTO schema_migrations SELECT 1", 20),
        ("CREATE TABLE x (a Nothingness) ENGINE = Memory", 50),
    ],
)
def test_errors_have_clickhouses_code_and_the_session_goes_on(warehouse, sql, code):
    with driver(warehouse) as raw:
        data = {"params": [(1,)]} if sql.endswith("VALUES") else {}
        assert refused(raw, sql, **data) == code
        assert raw.execute("SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT file('/etc/passwd')",
        "SELECT `file`('/etc/passwd')",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT 1 INTO OUTFILE '{folder}/out'",
        "INSERT INTO FUNCTION file('{folder}/out', 'CSV', 'x String') SELECT 'x'",
        "INSERT INTO schema_migrations FROM INFILE '/etc/passwd' FORMAT CSV",
        "CREATE TABLE x (a String) ENGINE = File(CSV, '{folder}/out')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
        "SELECT * FROM remote('127.0.0.1', system.one)",
        "CREATE USER somebody",
        "SYSTEM SHUTDOWN",
    ],
)
def test_not_even_the_owner_gets_out_of_the_database(warehouse, tmp_path, sql):
    with driver(warehouse) as raw:
        assert refused(raw, sql.replace("{folder}", str(tmp_path))) in (344, 497)
    assert not list(tmp_path.iterdir())


def test_a_format_is_the_clients_business(client):
    assert client.query("SELECT 1 AS x FORMAT JSON") == [(1,)]
    assert client.query("SELECT format FROM (SELECT 2 AS format) AS format") == [(2,)]


def test_statements_that_are_no_select_answer_too(client):
    assert client.query("SHOW TABLES LIKE 'schema_migrations'") == [("schema_migrations",)]
    assert client.query("DESCRIBE TABLE schema_migrations")[0][:2] == ("version", "UInt32")
    assert client.query("EXISTS TABLE nowhere") == [(0,)]
    assert "ReadFromSystemOne" in str(client.query("EXPLAIN SELECT 1"))
    assert client.query("SHOW TABLES LIKE 'nothing like it'") == []


def test_a_session_keeps_what_it_sets_and_no_other_sees_it(warehouse):
    with driver(warehouse) as one, driver(warehouse) as other:
        one.execute("SET max_result_rows = 5")
        one.execute("USE system")
        ask = "SELECT getSetting('max_result_rows'), currentDatabase()"
        assert one.execute(ask, settings={"max_result_rows": 7}) == [(7, "system")]
        assert one.execute(ask) == [(5, "system")]
        assert other.execute(ask) == [(0, "ioc")]


def test_read_only_does_not_stick(warehouse):
    with driver(warehouse) as raw:
        assert refused(raw, "CREATE TABLE never (n UInt8) ENGINE = Memory", settings={"readonly": 1}) == 164
        assert raw.execute("SELECT 1", settings={"readonly": 1, "max_threads": 1}) == [(1,)]
        raw.execute("CREATE TABLE now_it_works (n UInt8) ENGINE = Memory")


@pytest.mark.parametrize(
    ("sql", "settings", "code"),
    [
        ("SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1", {"max_execution_time": 0.3}, 159),
        ("SELECT uniqExact(number) FROM numbers(100000000)", {"max_memory_usage": 20_000_000}, 241),
        ("SELECT number FROM numbers(1000)", {"max_result_rows": 10}, 396),
    ],
)
def test_limits_cut_a_query_with_their_code(warehouse, sql, settings, code):
    with driver(warehouse) as raw:
        assert refused(raw, sql, settings=settings) == code


def test_unknown_settings_are_ignored_unless_they_matter(warehouse):
    with driver(warehouse) as raw:
        assert raw.execute("SELECT 1", settings={"no_such_setting": 1}) == [(1,)]
    with driver(warehouse, settings_is_important=True) as raw:
        assert refused(raw, "SELECT 1", settings={"no_such_setting": 1}) == 115


def test_cancel_ends_a_query_and_the_session_goes_on(warehouse):
    with driver(warehouse) as raw:
        raw.execute_with_progress("SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1")
        raw.cancel()
        assert raw.execute("SELECT 1") == [(1,)]


def test_the_query_of_a_client_that_is_gone_ends(warehouse, client):
    with driver(warehouse) as raw:
        raw.execute("SELECT 1")
        raw.connection.send_query("SELECT count(), 'orphan' FROM numbers(1000000000000) WHERE sipHash64(number) = 1")
        raw.connection.send_external_tables(None)
    assert ends(client, "orphan")


def ends(client, word):
    ask = "SELECT count() FROM system.processes WHERE query LIKE {like:String} AND query NOT LIKE '%processes%'"
    return any(client.query(ask, {"like": f"%{word}%"}) == [(0,)] for _ in range(PATIENCE))


@pytest.mark.parametrize(
    "changed",
    [
        {"password": "wrong"},
        {"password": ""},
        {"user": "nobody"},
        {"user": "default", "password": ""},
        {"user": "analyst"},
    ],
)
def test_only_who_knows_a_password_comes_in(warehouse, changed):
    with driver(warehouse, **changed) as raw:
        assert refused(raw, "SELECT 1") == 516


def test_there_is_no_analyst_without_password(tmp_path):
    with warehouse_server.running(tmp_path, analyst_password=None) as settings:
        for password in ("", "None", "null"):
            with driver(settings, user="analyst", password=password) as raw:
                assert refused(raw, "SELECT 1") == 516


def test_what_is_not_taken_is_said(warehouse):
    table = {"name": "extra", "structure": [("n", "UInt8")], "data": [{"n": 1}]}
    with driver(warehouse) as raw:
        assert refused(raw, "SELECT * FROM extra", external_tables=[table]) == 48
    with driver(warehouse, client_revision=54_058) as raw:
        assert refused(raw, "SELECT 1") == 48
    with driver(warehouse) as raw:
        raw.execute("SELECT 1")
        raw.connection.compression = 1
        raw.connection.send_query("SELECT 1")
        assert raw.connection.receive_packet().exception.code == 432


def test_malformed_bytes_cost_only_their_sender(warehouse, client):
    chance = random.Random(20261124)
    hello = b"\x00\x04test\x15\x00\xd4\xcd\x03\x03ioc\x03ioc"
    openings = [
        b"",
        b"\x00",
        hello,
        b"\x00\xff\xff\xff\xff\x0f",
        b"\xff" * 30,
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01",
    ]
    for attempt in range(60):
        with socket.create_connection(("127.0.0.1", warehouse.port), 5) as raw:
            raw.sendall(openings[attempt % len(openings)] + chance.randbytes(chance.randrange(200)))
    assert client.query("SELECT 1") == [(1,)]


def test_malformed_bytes_of_a_known_client_cost_only_its_connection(warehouse, client):
    chance = random.Random(7)
    client.execute("CREATE TABLE IF NOT EXISTS hostile (n UInt32, s String, l LowCardinality(String)) ENGINE = Memory")
    packets = [b"\x01", b"\x02", b"\x03", b"\x04", b"\x05", b"\x2a", b"\x02\x00\x01\x00\x02\xff\xff\xff\xff\x00"]
    for attempt in range(120):
        with driver(warehouse) as raw:
            raw.execute("SELECT 1")
            if attempt % 2:
                raw.connection.send_query("INSERT INTO hostile VALUES")
                raw.connection.send_external_tables(None)
                raw.receive_sample_block()
            raw.connection.socket.sendall(packets[attempt % len(packets)] + chance.randbytes(chance.randrange(300)))
    assert client.query("SELECT count() FROM hostile") == [(0,)]


def test_who_says_nothing_makes_room_and_the_oldest_goes_first(warehouse, client):
    half_a_hello = b"\x00\x04test"
    flood = [socket.create_connection(("127.0.0.1", warehouse.port), 5) for _ in range(300)]
    try:
        for one in flood:
            with suppress(OSError):
                one.sendall(half_a_hello)
        flood[0].settimeout(20)
        with suppress(ConnectionError):
            assert flood[0].recv(1) == b""
        with connect(warehouse) as newcomer:
            assert newcomer.query("SELECT 1") == [(1,)]
        assert client.query("SELECT 1") == [(1,)], "who was in stays in"
    finally:
        for one in flood:
            one.close()


@pytest.mark.faults
def test_a_hello_has_a_deadline_as_a_whole(warehouse):
    with socket.create_connection(("127.0.0.1", warehouse.port), 0.5) as slow:
        slow.sendall(b"\x00\x60")  # a name of 96 bytes, one every half second
        while True:
            with suppress(TimeoutError, ConnectionError):
                slow.sendall(b"x")
                assert slow.recv(1) == b""
                return


def test_analysts_leave_places_to_our_own_parts(warehouse, client):
    analyst = {"user": warehouse.analyst_user, "password": warehouse_server.ANALYST_PASSWORD}
    most = warehouse.engine_clients // 3
    with ExitStack() as stack:
        analysts = [stack.enter_context(driver(warehouse, **analyst)) for _ in range(most + 2)]
        for one in analysts:
            one.connection.connect()
        for one in analysts[:2]:  # those that rest for longest make room
            with pytest.raises(EOFError):
                one.connection.fin.read_one()
        assert analysts[2].connection.ping()
        assert analysts[-1].execute("SELECT 1") == [(1,)]
        assert client.query("SELECT 1") == [(1,)]


def test_32_clients_at_once(warehouse, client):
    client.execute("CREATE TABLE crowd (who UInt8, n UInt32) ENGINE = MergeTree ORDER BY (who, n)")
    failed = []
    start = threading.Barrier(32)

    def one(who):
        try:
            with connect(warehouse) as mine:
                start.wait()
                for n in range(5):
                    mine.insert("crowd", {"who": [who] * 100, "n": list(range(n * 100, n * 100 + 100))})
                    assert mine.query("SELECT count() FROM crowd WHERE who = {who:UInt8}", {"who": who}) == [
                        (n * 100 + 100,)
                    ]
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=one, args=(who,)) for who in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert client.query("SELECT count(), uniqExact(who, n) FROM crowd") == [(16_000, 16_000)]


@pytest.mark.long
def test_a_large_result_streams_in_bounded_memory(tmp_path):
    settings = warehouse_server.settings_for(tmp_path)
    process = warehouse_server.launch(settings)
    try:
        warehouse_server.wait_for(settings, process)
        memory = psutil.Process(process.pid)
        with connect(settings) as client:
            before = memory.memory_info().rss
            with client.stream("SELECT repeat('x', 1000) FROM numbers(2000000)") as stream:
                rows, most = 0, 0
                for block in stream:
                    rows += len(block)
                    most = max(most, memory.memory_info().rss)
        assert rows == 2_000_000
        # Some six blocks of 65 MB are on their way at once, however long the result is.
        assert most - before < 600_000_000
    finally:
        warehouse_server.end(process)


def test_what_was_acknowledged_is_there_after_kill(tmp_path):
    settings = warehouse_server.settings_for(tmp_path)
    process = warehouse_server.launch(settings)
    warehouse_server.wait_for(settings, process)
    with connect(settings) as client:
        client.execute(
            "CREATE TABLE kept (n UInt32) ENGINE = MergeTree ORDER BY n SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"
        )
        for n in range(20):
            client.insert("kept", {"n": [n] * 10})
        process.kill()
        process.wait()
    with warehouse_server.running(tmp_path) as again, connect(again) as client:
        assert client.query("SELECT count(), uniqExact(n) FROM kept") == [(200, 20)]


def test_a_running_insert_is_finished_at_the_end(tmp_path):
    settings = warehouse_server.settings_for(tmp_path)
    process = warehouse_server.launch(settings)
    warehouse_server.wait_for(settings, process)
    with driver(settings) as raw:
        raw.execute("CREATE TABLE last (n UInt32) ENGINE = MergeTree ORDER BY n")
        raw.connection.send_query("INSERT INTO last VALUES")
        raw.connection.send_external_tables(None)
        sample = raw.receive_sample_block()
        process.terminate()
        raw.connection.send_data(ColumnOrientedBlock(sample.columns_with_types, [[1, 2, 3]]))
        raw.connection.send_data(ColumnOrientedBlock())
        raw.receive_end_of_insert_query()
        assert warehouse_server.end(process) == 0
    with warehouse_server.running(tmp_path) as again, connect(again) as client:
        assert client.query("SELECT count() FROM last") == [(3,)]


def test_a_long_query_does_not_hold_up_the_end(tmp_path):
    settings = warehouse_server.settings_for(tmp_path)
    process = warehouse_server.launch(settings)
    warehouse_server.wait_for(settings, process)
    with driver(settings) as raw:
        raw.execute("SELECT 1")
        raw.connection.send_query("SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1")
        raw.connection.send_external_tables(None)
        assert warehouse_server.end(process) == 0


@pytest.mark.skipif(not hasattr(signal, "SIGRTMIN"), reason="threads by number are Linux's")
def test_it_ends_whichever_of_its_threads_linux_gives_the_signal_to(tmp_path):
    settings = warehouse_server.settings_for(tmp_path)
    process = warehouse_server.launch(settings)
    warehouse_server.wait_for(settings, process)
    # As where the main thread is just between its last look at signals and its wait.
    _, other, *_ = sorted(thread.id for thread in psutil.Process(process.pid).threads())
    assert ctypes.CDLL(None).tgkill(process.pid, other, signal.SIGTERM) == 0
    try:
        assert process.wait(20) == 0
    finally:
        process.kill()


@pytest.mark.parametrize("taken", ["port", "folder"])
def test_a_taken_port_or_folder_is_named(warehouse, tmp_path, taken):
    settings = (
        warehouse_server.settings_for(tmp_path, port=warehouse.port)
        if taken == "port"
        else warehouse_server.settings_for(warehouse.data_folder)
    )
    log = settings.data_folder / "warehouse.log"
    before = log.stat().st_size if log.exists() else 0
    assert warehouse_server.launch(settings).wait(30) == 1
    said = log.read_text()[before:]
    assert ("IOC_WAREHOUSE_PORT" if taken == "port" else "IOC_DATA_FOLDER") in said
    assert "Traceback" not in said


def test_it_does_not_start_without_a_password(tmp_path):
    for password in (None, "too short", "a" * 40):
        settings = warehouse_server.settings_for(tmp_path).model_copy(
            update={"password": SecretStr(password) if password else None}
        )
        assert warehouse_server.launch(settings).wait(30) == 1
    assert "IOC_WAREHOUSE_PASSWORD" in (tmp_path / "warehouse.log").read_text()


@pytest.mark.long
def test_with_an_outside_server_it_waits_prepares_and_watches(tmp_path):
    inside = warehouse_server.settings_for(tmp_path / "inside", database="prepared")
    outside = warehouse_server.settings_for(
        tmp_path / "outside", host="127.0.0.1", port=inside.port, database="prepared"
    )
    log = outside.data_folder / "warehouse.log"

    watcher = warehouse_server.launch(outside)
    try:
        assert says(log, "waiting: ClickHouse at 127.0.0.1")
        with connect_to_running(inside) as client:
            assert says(log, "ready at 127.0.0.1")
            assert client.query("SELECT count() FROM schema_migrations") > [(0,)]
        # It is watched: that it goes away is said, and that it is there again, and what is missing by then is made.
        assert says(log, "waiting: ClickHouse at 127.0.0.1", times=2)
        with connect_to_running(inside):
            assert says(log, "ready at 127.0.0.1", times=2)
        assert "Traceback" not in log.read_text()
        assert not (outside.data_folder / "warehouse").exists()
    finally:
        assert warehouse_server.end(watcher) == 0


@contextmanager
def connect_to_running(settings):
    process = warehouse_server.launch(settings)
    try:
        warehouse_server.wait_for(settings, process)
        with connect(settings) as client:
            yield client
    finally:
        warehouse_server.end(process)


def says(log, words, times=1):
    """Whether the log comes to say it so often."""
    for _ in range(1200):
        if log.exists() and log.read_text().count(words) >= times:
            return True
        time.sleep(0.05)
    return False


CONFINED = """
import socket, sys
from pathlib import Path
from warehouse.server.sandbox import confine

inside, outside, port = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
code = Path("warehouse").resolve()
if not confine([inside], [code, code.parent / "ingest"], []):
    sys.exit(77)
import os
os.putenv("TMPDIR", str(inside))
from chdb import _chdb

engine = _chdb.connect(str(inside / "store"))
(inside / "file").write_text("x")
said = []
for attempt in (
    lambda: Path("/etc/passwd").read_text(),
    lambda: (outside / "file").write_text("x"),
    lambda: socket.create_connection(("127.0.0.1", port), 1),
    lambda: socket.socket().bind(("127.0.0.1", 0)),
    lambda: engine.query("SELECT file('/etc/passwd')"),
    lambda: engine.query("SELECT * FROM file('/etc/passwd', 'LineAsString')"),
    lambda: engine.query(f"SELECT 'x' INTO OUTFILE '{outside}/out'"),
    lambda: engine.query(f"SELECT * FROM url('http://127.0.0.1:{port}/', 'LineAsString') SETTINGS http_max_tries = 1"),
):
    try:
        attempt()
        said.append("succeeded")
    except (OSError, RuntimeError) as error:
        said.append("refused")
print(",".join(said), engine.query("SELECT 1").bytes())
"""


def test_the_kernel_confines_even_an_engine_without_gate(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-c", CONFINED, str(inside), str(outside), str(port)],
            cwd=warehouse_server.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    if ended.returncode == 77:
        pytest.skip("this kernel has no Landlock")
    assert ended.stdout == ",".join(["refused"] * 8) + " b'1\\n'\n", ended.stderr
    assert not list(outside.iterdir())
