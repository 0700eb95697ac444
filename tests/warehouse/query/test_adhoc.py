import threading
from datetime import timedelta
from itertools import cycle

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from commands.install.ports import free_ports
from ingest.contract.errors import ConfigurationError, QueryRefused, Unavailable
from tests.support import warehouse_server
from tests.warehouse.support.escapes import BLIND_SPOTS, CANARY, ESCAPES, FORBIDDEN, QUESTIONS
from warehouse.query.adhoc import Adhoc, ResultColumn
from warehouse.store.client import ServerError, connect

pytestmark = pytest.mark.embedded

RULES = ("function", "name", "table", "syntax", "cost", "read only", "one statement", "size", "text")
ACCESS_DENIED, SYNTAX_ERROR, TOO_DEEP = 497, 62, (167, 306)

ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1"


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    """A warehouse with a view that is open to analysts in place of our own ones, a closed table, and small limits."""
    limits = {"analyst_seconds": timedelta(seconds=2), "analyst_memory": 256 * 1024 * 1024, "analyst_rows": 100}
    with warehouse_server.running(tmp_path_factory.mktemp("ward"), **limits) as found:
        with connect(found) as client:
            client.execute("CREATE TABLE secret (code UInt32) ENGINE = MergeTree ORDER BY code")
            client.insert("secret", {"code": [4242]})
            client.execute(
                "CREATE TABLE numbers_kept (n UInt32, name String, at DateTime64(3, 'Asia/Ho_Chi_Minh'), data String) "
                "ENGINE = MergeTree ORDER BY n"
            )
            client.execute(
                "INSERT INTO numbers_kept SELECT number, ['a', 'b', 'c'][number % 3 + 1], now64(3) - number, "
                """'{"kind": "q"}' FROM numbers(10)"""
            )
            # The front was told our views' names: one of them stands in for what is open.
            client.execute("CREATE OR REPLACE VIEW events AS SELECT * FROM numbers_kept")
        yield found


@pytest.fixture(scope="module")
def adhoc(ward):
    return Adhoc(ward, ["events"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("outside")


def filled_in(sql, folder):
    return sql.replace("{folder}", str(folder)).replace("open_numbers", "events")


@pytest.fixture
def native(ward):
    """An analyst with a client of their own, which asks nobody but the warehouse."""
    with connect(ward, "analyst") as opened:
        yield opened


def assert_refused_everywhere(sql, adhoc, native, folder):
    sql = filled_in(sql, folder)
    with pytest.raises(QueryRefused) as refusal:
        adhoc.run(sql, "mai")
    with pytest.raises(ServerError) as error:
        native.query(sql)
    assert refusal.value.rule in RULES, str(refusal.value)
    assert error.value.code in (ACCESS_DENIED, SYNTAX_ERROR, *TOO_DEEP), str(error.value)
    for said in (str(refusal.value), str(error.value)):
        assert "formatQuery" not in said
        assert CANARY not in said
        assert "4242" not in said
    assert not list(folder.iterdir())


@pytest.mark.parametrize("sql", ESCAPES)
def test_every_escape_is_refused(adhoc, native, folder, sql):
    assert_refused_everywhere(sql, adhoc, native, folder)


@pytest.mark.parametrize(("place", "expression"), list(zip(BLIND_SPOTS, cycle(FORBIDDEN), strict=False)))
def test_what_is_forbidden_is_found_wherever_it_stands(adhoc, folder, native, place, expression):
    # Everything at every place: test_sql_gate.py.
    assert_refused_everywhere(place.replace("{x}", expression), adhoc, native, folder)


@pytest.mark.parametrize("sql", QUESTIONS)
def test_questions_are_answered(adhoc, native, folder, sql):
    answer = adhoc.run(filled_in(sql, folder), "mai")
    assert answer.columns
    assert not answer.truncated
    assert len(native.query(filled_in(sql, folder))) == len(answer.rows)


def test_a_query_may_give_a_part_of_itself_the_name_of_a_table_that_analysts_engine_does_not_know(adhoc):
    assert adhoc.run("WITH secret AS (SELECT 1 AS code) SELECT code FROM secret", "mai").rows == [(1,)]
    with pytest.raises(QueryRefused) as refusal:
        adhoc.run("SELECT (SELECT max(n) FROM secret), (WITH secret AS (SELECT 1 AS n) SELECT n FROM secret)", "mai")
    assert refusal.value.rule == "table"
    assert "'secret' is not open to you" in str(refusal.value)


def test_nothing_is_left_of_all_this(ward, adhoc, folder):
    with connect(ward) as client:
        assert client.query("SELECT count() FROM secret") == [(1,)]
        assert client.query("SELECT count() FROM numbers_kept") == [(10,)]
        assert client.query("SELECT name FROM system.tables WHERE database = 'default' OR name IN ('x', 'f')") == []
    assert not list(folder.iterdir())


PIECES = [
    "SELECT ", "1 ", "n ", "FROM events ", "FROM secret ", "WHERE ", "IN ", "secret ", "(", ")", ", ", "file", "('/etc/passwd') ",
    "WITH ", "x AS ", "sum(n) ", "OVER ", "PARTITION BY ", "APPLY ", "* ", "COLUMNS('n') ", "INTO OUTFILE 'never' ",
    "SETTINGS ", "readonly = 0 ", "FORMAT ", "CSV ", "UNION ALL ", "; ", "-- ", "/* ", "*/ ", "`", "'", '"', "\\", "\n", "{a:Identifier} ",
    "JOIN ", "ON ", "-> ", "AS ", "system.tables ", "EXPLAIN ", "INSERT INTO ", "numbers(3) ", "::String ", "[", "]", ".1 ", "$$", "#",
]  # fmt: skip


@settings(max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(strategies.lists(strategies.sampled_from(PIECES), min_size=2, max_size=14))
def test_whatever_is_put_together_gives_an_answer_or_a_refusal_but_no_secret(adhoc, pieces):
    try:
        answer = adhoc.run("".join(pieces), "mai")
    except QueryRefused as refusal:
        said = str(refusal)
    else:
        said = str(answer.rows)
    assert CANARY not in said
    assert "4242" not in said


def test_an_answer_has_columns_with_types(adhoc):
    answer = adhoc.run("select n, name -- a remark\nfrom events where n=1;", "mai")
    assert answer.columns == (ResultColumn("n", "UInt32"), ResultColumn("name", "String"))
    assert answer.rows == [(1, "b")]
    assert answer.elapsed > timedelta()


def test_a_query_may_be_as_long_as_the_gate_says(adhoc):
    answer = adhoc.run(f"SELECT length('{'x' * 19_000}') AS letters", "mai")
    assert answer.rows == [(19_000,)]


def test_hours_are_the_wards(adhoc):
    answer = adhoc.run("SELECT toStartOfHour(at) AS hour FROM events LIMIT 1", "mai")
    assert answer.columns == (ResultColumn("hour", "DateTime('Asia/Ho_Chi_Minh')"),)
    assert answer.rows[0][0].utcoffset() == timedelta(hours=7)


def test_an_answer_without_rows_has_columns(adhoc):
    answer = adhoc.run("SELECT n FROM events WHERE n > 100", "mai")
    assert answer.columns == (ResultColumn("n", "UInt32"),)
    assert answer.rows == []


def test_more_rows_than_are_shown_are_cut_visibly(ward, adhoc):
    assert not adhoc.run("SELECT number FROM numbers(100)", "mai").truncated
    answer = adhoc.run("SELECT number FROM numbers(100000000)", "mai")
    assert answer.truncated
    assert answer.rows == [(n,) for n in range(100)]


@pytest.mark.parametrize(
    ("sql", "rule", "limit"),
    [
        (ENDLESS, "time", "2 s"),
        ("SELECT groupArray(number) FROM numbers(100000000)", "memory", "256 MB"),
        ("SELECT repeat(repeat('x', 1000), 1000), number FROM numbers(90)", "size", "64 MB"),
        (
            " UNION ALL ".join(["SELECT repeat(repeat(toString(number), 1000), 1000) FROM numbers(9)"] * 9),
            "size",
            "64 MB",
        ),
        ("SELECT arrayMap(x -> repeat('x', 1000), range(70000))", "size", "64 MB"),
        ("SELECT repeat('x', 1000000)", "cost", "1000"),
        ("SELECT 1 FROM secret", "table", "ioc.events"),
        ("SELECT sleep(1)", "function", "sleep"),
        ("DROP TABLE events", "read only", "SELECT"),
        ("SELECT 1; SELECT 2", "one statement", "một"),
        ("SELECT '" + "x" * 20_000 + "'", "size", "20000"),
        ("SELECT nowhere FROM events", "name", "nowhere"),
        ("SELECT nam FROM events", "name", "Did you mean: name"),
        ("SELECT sum(name) FROM events", "sql", "sum"),
        ("SELECT FROM WHERE", "syntax", "Syntax error"),
    ],
)
def test_a_refusal_names_its_rule_and_limit(adhoc, sql, rule, limit):
    with pytest.raises(QueryRefused) as refusal:
        adhoc.run(sql, "mai")
    assert refusal.value.rule == rule
    assert limit in str(refusal.value)
    assert "formatQuery" not in str(refusal.value)


def test_only_so_many_at_once_for_a_person(adhoc):
    outcomes = []

    def endless():
        try:
            adhoc.run(ENDLESS, "an")
        except QueryRefused as refusal:
            outcomes.append(refusal.rule)

    threads = [threading.Thread(target=endless) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["concurrency"] * 3 + ["time"] * 2
    assert adhoc.run("SELECT 1", "an").rows == [(1,)]


def test_an_analysts_own_client_cannot_raise_the_limits(native):
    for given_settings in ({"max_execution_time": 1000}, {"max_execution_time": "x", "timeout_overflow_mode": "break"}):
        with pytest.raises(ServerError) as error:
            native.query(ENDLESS, settings=given_settings)
        assert error.value.code == 159


def test_an_analysts_own_client_cannot_change_anything(native):
    for given_settings in ({"readonly": 0}, {"allow_ddl": 1, "readonly": 2}):
        with pytest.raises(ServerError):
            native.query("CREATE TABLE x (n UInt8) ENGINE = Memory", settings=given_settings)
    with pytest.raises(ServerError):
        native.insert("numbers_kept", {"n": [1]})
    assert native.query("SELECT max(n) FROM events", settings={"readonly": 0}) == [(9,)]


def test_the_log_says_who_asked_and_what_came_of_it_but_not_what(adhoc, caplog):
    caplog.set_level("INFO")
    adhoc.run("SELECT 'canary' FROM numbers(3)", "mai\nforged line")
    with pytest.raises(QueryRefused):
        adhoc.run("SELECT sleep(1)", "mai")
    answered, refused = [record.getMessage() for record in caplog.records if record.name == "warehouse.query.adhoc"]
    assert "answered, 3 rows" in answered
    assert "refused (function)" in refused
    assert "canary" not in caplog.text
    assert "\n" not in answered


def test_without_a_password_of_the_analysts_it_is_off(ward):
    with pytest.raises(ConfigurationError, match="IOC_WAREHOUSE_ANALYST_PASSWORD"):
        Adhoc(ward.model_copy(update={"analyst_password": None}), ["events"])


def test_a_warehouse_that_is_away_is_unavailable(ward):
    (port,) = free_ports(1)
    with pytest.raises(Unavailable):
        Adhoc(ward.model_copy(update={"port": port}), ["events"]).run("SELECT 1", "mai")
