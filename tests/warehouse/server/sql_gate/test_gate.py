# ruff: noqa: S608
"""The gate, name by name: against everything that the running engine has, in every position, before anything is evaluated."""

from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from ingest.contract.errors import QueryRefused
from tests.warehouse.support import gates
from tests.warehouse.support.escapes import BLIND_SPOTS, ESCAPES, FORBIDDEN, QUESTIONS
from tests.warehouse.support.positions import CALLED, GIVEN, NAMED, TABLES
from warehouse.server.sql_gate import allowlist, sql_text
from warehouse.server.sql_gate.gate import SqlGate
from warehouse.views import dictionary

pytestmark = pytest.mark.embedded

A_NAME = "some_name"


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    with gates.ward(tmp_path_factory.mktemp("gate")) as made:
        yield made


@pytest.fixture(scope="module")
def forbidden(ward):
    """Every function of the engine that analysts may not use; one more has a test of its own."""
    names = [name for name in ward.names("functions") if not allowlist.is_allowed(name) and name != "revision"]
    assert {"file", "sleep", "arrayReduce", "dictGet", "joinGet", "chdb"} <= set(names)
    return names


class Rehearsal:
    """The gate before an engine that only repeats what the real one said: as many texts as there are names, in no time.

    The texts are written as the engine renders them, with a name in place of another one. Whatever passes what the gate sees
    in the text is an error.
    """

    def __init__(self, ward):
        self.gate = SqlGate("ioc", ["open_numbers"])
        self._functions = ward.names("functions", "lower(name)")
        self._columns = ward.ask(
            "SELECT concat(table, '.', name) FROM system.columns WHERE database = 'ioc'",
            {},
        )

    def refusal(self, rendering):
        def answer(sql, _):
            if "formatQuery" in sql:
                return [rendering]
            assert "EXPLAIN" not in sql, f"passed: {rendering}"
            return self._functions if "system.functions" in sql else self._columns

        try:
            self.gate.check(rendering, answer)
        except QueryRefused as refusal:  # a hundred thousand times: `pytest.raises` takes a tenth of it
            return refusal
        raise AssertionError(f"passed: {rendering}")


def rendered(ward, positions):
    """Positions as the engine writes them."""
    (texts, place) = [], "{f}"
    for position in positions:
        (text,) = ward.ask("SELECT formatQuerySingleLine({sql:String})", {"sql": position.replace(place, A_NAME)})
        assert A_NAME in text, position
        texts.append(text)
    return texts


def test_no_function_outside_the_vocabulary_passes_wherever_it_is_called_or_named(ward, forbidden):
    rehearsal = Rehearsal(ward)
    for position in rendered(ward, [*CALLED, *NAMED, *GIVEN]):
        for name in forbidden:
            for spelling in {name, name.upper()} if position == f"SELECT {A_NAME}" else {name}:
                assert rehearsal.refusal(position.replace(A_NAME, spelling)).rule in ("function", "syntax"), (
                    position,
                    name,
                )


def test_the_engine_itself_evaluates_none_of_them(ward, forbidden):
    positions = [*CALLED, *NAMED, *GIVEN]
    for number, name in enumerate(forbidden):
        position = positions[number % len(positions)]
        assert ward.refusal(position.replace("{f}", name)), (position, name)
        assert not ward.is_resolved()


@pytest.mark.faults
@pytest.mark.parametrize("position", [*CALLED, *NAMED, *GIVEN])
def test_the_engine_itself_evaluates_none_of_them_anywhere(ward, forbidden, position):
    for name, quote in product(forbidden, ("", "`")):
        text = position.replace("{f}", f"{quote}{name}{quote}")
        assert ward.refusal(text), text
        assert not ward.is_resolved(), text


def test_a_name_that_is_nothing_is_refused_everywhere(ward):
    for position in [*CALLED, *NAMED, *TABLES]:
        assert ward.refusal(position.replace("{f}", A_NAME)), position
        assert not ward.is_resolved(), position


def test_no_table_function_but_numbers_passes(ward):
    names = [name for name in ward.names("table_functions") if name not in allowlist.TABLE_FUNCTIONS]
    assert {"file", "url", "merge", "remote", "python", "view", "values"} <= set(names)
    rehearsal = Rehearsal(ward)
    for position in rendered(ward, [position for position in TABLES if "{f}(" in position]):
        for name in names:
            text = position.replace(A_NAME, name)
            if not allowlist.is_allowed(name):
                assert rehearsal.refusal(text).rule in ("function", "syntax"), text
            elif "FROM open_numbers WHERE n IN" not in text:  # where it is the function of the same name
                assert ward.refusal(text).rule == "function", text


def test_no_word_of_the_syntax_is_a_function(forbidden):
    assert not {word.lower() for word in sql_text.KEYWORDS | sql_text.CONSTANTS} & {name.lower() for name in forbidden}


def test_no_format_passes(ward):
    for name in ward.names("formats"):
        for quoted in (name, f"`{name}`"):
            assert ward.refusal(f"SELECT 1 AS n FORMAT {quoted}").rule == "syntax"
    for text in (
        "SELECT 1 UNION ALL SELECT 2 FORMAT Null",
        "(SELECT 1) FORMAT Null",
        "SELECT 1 FORMAT Null SETTINGS readonly = 0",
        "SELECT 1 AS FORMAT FORMAT Null",
        "SELECT n AS `Null` FROM open_numbers FORMAT Null",
    ):
        assert ward.refusal(text).rule == "syntax", text
        assert not ward.is_resolved()


def test_no_setting_passes(ward):
    rehearsal = Rehearsal(ward)
    for name, (text, place) in product(
        ward.names("settings"),
        [
            ("SELECT 1 SETTINGS some_name = 1", "syntax"),
            ("SELECT * FROM (SELECT 1 SETTINGS some_name = 1)", "syntax"),
            ("SELECT getSetting('some_name')", "function"),
            ("SELECT `some_name`", "name"),
        ],
    ):
        assert rehearsal.refusal(text.replace(A_NAME, name)).rule in (place, "function"), name


def test_no_combinator_makes_more_of_a_function_than_the_vocabulary_says(ward):
    combinators = set(ward.names("aggregate_function_combinators"))
    aggregates = [name for name in ward.names("functions WHERE is_aggregate") if allowlist.is_allowed(name)]
    assert {"Resample", "Tuple", "Null"} <= combinators
    for combinator in combinators - set(allowlist.COMBINATORS):
        for name in aggregates:
            assert not allowlist.is_allowed(name + combinator) or (name + combinator).lower() in {
                one.lower() for one in allowlist.known_functions()
            }
    for text in ("SELECT sumResample(0, 10, 1)(n, n) FROM open_numbers", "SELECT sumTuple((n, n)) FROM open_numbers",
                 "SELECT groupBitmapIf(n, n > 1) FROM open_numbers", "SELECT quantileGKStateMerge(100, 0.5)(n) FROM open_numbers"):  # fmt: skip
        assert ward.refusal(text).rule == "function"
        assert not ward.is_resolved()


def test_no_type_outside_the_vocabulary_passes(ward):
    families = [name for name in ward.names("data_type_families") if name not in allowlist.TYPES]
    assert {"AggregateFunction", "SimpleAggregateFunction", "Dynamic", "JSON", "Variant"} <= set(families)
    for name in families:
        for kind in (name, f"Array({name})", f"Tuple(a {name}, b UInt8)", f"{name}(sum, UInt8)"):
            assert not allowlist.is_allowed_type(f"'{kind}'"), kind
    for kind in ("AggregateFunction(sum, UInt64)", "Array(Dynamic)", "Tuple(a JSON)", "FixedString(1000000)"):
        for text in (
            f"SELECT CAST(name, '{kind}') FROM open_numbers",
            f"SELECT accurateCastOrNull(name, '{kind}') FROM open_numbers",
            f"SELECT JSONExtract(data, 'kind', '{kind}') FROM open_numbers",
            f"SELECT name::{kind} FROM open_numbers",
            f"WITH '{kind}' AS kind SELECT JSONExtract(data, kind) FROM open_numbers",
        ):
            assert ward.refusal(text), text
            assert not ward.is_resolved(), text


@pytest.mark.parametrize("place", BLIND_SPOTS)
def test_nothing_forbidden_passes_anywhere_or_is_evaluated(ward, place):
    for expression in FORBIDDEN:
        text = place.replace("{x}", expression)
        assert ward.refusal(text), text
        assert not ward.is_resolved(), text


def test_there_are_three_hundred_escapes():
    assert len(ESCAPES) + len(BLIND_SPOTS) * len(FORBIDDEN) >= 300
    assert len(QUESTIONS) >= 60


def test_no_escape_is_evaluated(ward):
    for text in ESCAPES:
        assert ward.refusal(text.replace("{folder}", "/nowhere")), text
        assert not ward.is_resolved(), text


def test_the_names_of_open_columns_are_no_functions_that_matter(ward):
    """Such a column may be named: where it is not in scope, the engine does not know it, as these functions want brackets."""
    columns = {column.name for view in dictionary() for column in view.columns}
    functions = {name for name in ward.names("functions", "lower(name)") if not allowlist.is_allowed(name)}
    assert columns & functions == {"revision"}
    assert not ward.refusal("SELECT revision FROM indicator_values")
    for text in (
        "SELECT revision",
        "SELECT arrayMap(revision, [1])",
        "SELECT arrayMap(revision, [1]) FROM open_numbers",
    ):
        assert ward.refusal(text).rule == "sql"
    assert ward.refusal("SELECT revision()").rule == "function"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("SELECT _part FROM open_numbers", "name"),
        ("SELECT _table, _database FROM open_numbers", "name"),
        ("SELECT code FROM open_numbers", "name"),
        ("SELECT open_numbers.code FROM open_numbers", "name"),
        ("SELECT ioc.secret.code FROM open_numbers", "name"),
        ("SELECT n.size0, name.null FROM open_numbers", "name"),
        ("SELECT length FROM open_numbers", "name"),
        ("SELECT arrayMap(length, ['a'])", "name"),
        ("SELECT now", "name"),
        ("SELECT ｆｉｌｅ", "text"),
        ("SELECT 1 AS `ｆｉｌｅ`", "function"),
        ("SELECT arrayMap(`ﬁle` -> 1, [1])", "function"),
        ("SELECT 1 AS FiLe", "function"),
        ("WITH 1 AS x SELECT arrayMap(x, [1])", "sql"),
        ("SELECT n FROM open_numbers ORDER BY n WITH FILL INTERPOLATE (name AS file)", "function"),
        ("SELECT n FROM open_numbers ORDER BY n WITH FILL INTERPOLATE (name AS code)", "name"),
        ("SELECT sum(n) OVER (ORDER BY CAST(n, 'String')) FROM open_numbers", "syntax"),
        ("SELECT sum(n) OVER (ORDER BY repeat(name, 100000000)) FROM open_numbers", "syntax"),
        ("SELECT sum(n) OVER (ORDER BY name LIKE '%a%') FROM open_numbers", "syntax"),
        ("SELECT sum(n) OVER (ORDER BY arraySum(x -> x, [n])) FROM open_numbers", "syntax"),
        ("SELECT {x:UInt8}", "syntax"),
        ("SELECT {x:Identifier} FROM open_numbers", "syntax"),
        ("SELECT 1 AS x, 2 AS y WHERE x = z", "name"),
        ("SELECT * APPLY sum FROM open_numbers", "syntax"),
        ("SELECT * APPLY(x -> x) FROM open_numbers", "syntax"),
    ],
)
def test_names_that_mean_something_else_are_refused(ward, text, rule):
    refusal = ward.refusal(text)
    assert refusal.rule in (rule, "syntax"), str(refusal)
    assert " / " in str(refusal) or refusal.rule in ("sql", "syntax")


@pytest.mark.parametrize("text", QUESTIONS)
def test_questions_pass(ward, text):
    assert not ward.refusal(text)
    assert ward.is_resolved()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT repeat(name, 1001) FROM open_numbers",
        "SELECT repeat(name, n) FROM open_numbers",
        "SELECT REPEAT(name, 1000000) FROM open_numbers",
        "WITH 1000000 AS times SELECT repeat(name, times) FROM open_numbers",
        "SELECT arrayMap(x -> repeat('x', x), range(10))",
        "SELECT space(100000000), leftPad(name, 100000) FROM open_numbers",
        "SELECT arrayResize([n], 100000), arrayWithConstant(n, 1) FROM open_numbers",
        "SELECT name LIKE concat('%', name) FROM open_numbers",
        f"SELECT name LIKE '{'%a' * 101}' FROM open_numbers",
        "SELECT match(name, data) FROM open_numbers",
        "SELECT name LIKE '%a%' FROM (SELECT arrayStringConcat(groupArray(name)) AS name FROM open_numbers)",
        "SELECT extractAll(t, 'a.*b|a') FROM (SELECT data AS t FROM open_numbers UNION ALL SELECT repeat(data, 1000) FROM open_numbers)",
        "SELECT extractAll(*, 'a') FROM (SELECT repeat(name, 1000) AS t FROM open_numbers)",
        "SELECT countMatches(left(repeat(name, 1000), 2000), 'a') FROM open_numbers",
        "SELECT position(repeat(data, 1000), data) FROM open_numbers",
        "SELECT positionCaseInsensitiveUTF8(data, repeat(name, 1000)) FROM open_numbers",
        "SELECT multiSearchAny(data, [name]) FROM open_numbers",
        "SELECT topK(1001)(n), groupArray(1000000)(n) FROM open_numbers",
        f"SELECT quantiles({', '.join(['0.5'] * 21)})(n) FROM open_numbers",
        "SELECT formatDateTime(at, name) FROM open_numbers",
        "SELECT arrayMap(a -> arrayMap(b -> arrayMap(c -> a, [1]), [1]), [1])",
        "WITH [1] AS t0, "
        + ", ".join(f"arrayConcat(t{step}, t{step}) AS t{step + 1}" for step in range(20))
        + " SELECT t20",
    ],
)
def test_what_costs_more_than_its_input_is_refused_and_not_evaluated(ward, text):
    refusal = ward.refusal(text)
    assert refusal, text
    assert refusal.rule == "cost", str(refusal)
    assert " / " in str(refusal)
    assert not ward.is_resolved()


@pytest.mark.parametrize(
    "text",
    [
        "WITH '%a%' AS pattern SELECT name FROM open_numbers WHERE name LIKE '%a%' OR lower(data) NOT LIKE '%b%'",
        "SELECT concat(name, data) LIKE '%a%', match(left(repeat(name, 1000), 900), 'a+') FROM open_numbers",
        "SELECT replaceRegexpAll(JSONExtractString(data, 'kind'), '[^a-z]+', '-'), position(data, name) FROM open_numbers",
        "SELECT extractAll(left(repeat(name, 1000), 900), 'a') FROM open_numbers",
        "SELECT arrayFilter(x -> x LIKE 'a%', groupArray(name)) FROM open_numbers",
        "SELECT quantileTDigest(0.99)(n), groupArray(1000)(n), windowFunnel(86400)(toDateTime(at), n = 1) FROM open_numbers",
    ],
)
def test_what_costs_no_more_passes(ward, text):
    assert not ward.refusal(text)


PIECES = strategies.sampled_from(["n", "1", "length(name)", "toHour(at)", "length('a, file()')"])


def framed(inner):
    """Expressions with others in them."""
    of_one = [
        "abs({x})",
        "arraySum(arrayMap(x -> x + {x}, [1, 2]))",
        "(SELECT max({x}) FROM open_numbers)",
        "(n IN (SELECT {x} FROM open_numbers))",
        "CAST({x} AS UInt64)",
        "tupleElement(({x}, 'a'), 1)",
        "[{x}][1]",
        "CASE WHEN n = 1 THEN {x} ELSE 0 END",
        "({x} + {x})",
        "if({x} > 2, {x}, 0)",
    ]
    return strategies.builds(lambda frame, piece: frame.replace("{x}", piece), strategies.sampled_from(of_one), inner)


EXPRESSIONS = PIECES | framed(PIECES) | framed(framed(PIECES))
QUERIES = strategies.tuples(
    strategies.sampled_from(
        [
            "SELECT {x} AS value FROM open_numbers",
            "SELECT name, sum({x}) AS value FROM open_numbers GROUP BY name HAVING value > 0 ORDER BY value",
            "SELECT sum(n) OVER (PARTITION BY name ORDER BY n) AS value FROM open_numbers WHERE {x} > 1 LIMIT 3",
            "WITH made AS (SELECT {x} AS value FROM open_numbers) SELECT a.value FROM made AS a, made AS b",
            "SELECT n, item FROM open_numbers ARRAY JOIN [{x}] AS item",
            "SELECT {x} AS value FROM open_numbers UNION ALL SELECT 2",
            "SELECT countIf({x} > 1), quantile(0.9)({x}) FROM open_numbers",
            "SELECT n FROM open_numbers AS a LEFT JOIN (SELECT {x} AS k FROM open_numbers) AS b ON a.n = b.k",
        ]
    ),
    EXPRESSIONS,
)
NAMES = strategies.sampled_from(
    ["file", "`file`", "FILE", "code", "secret", "dictGet", "currentUser", "x.code", "ioc.secret.code", "url", "chdb"]
)


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(QUERIES, NAMES, strategies.data())
def test_what_is_made_of_allowed_pieces_passes_and_with_one_other_name_does_not(ward, query, name, data):
    frame, expression = query
    text = frame.replace("{x}", expression)
    refusal = ward.refusal(text)
    # What the engine itself cannot make sense of is no matter of the gate's.
    assert refusal is None or refusal.rule == "sql", str(refusal)
    places = [
        index for index in range(len(expression)) if expression[index] in "n1" and _stands_alone(expression, index)
    ]
    if places:
        place = data.draw(strategies.sampled_from(places))
        forbidden = frame.replace("{x}", expression[:place] + name + expression[place + 1 :])
        assert ward.refusal(forbidden), forbidden
        assert not ward.is_resolved(), forbidden


def _stands_alone(text, index):
    around = text[index - 1 : index] + text[index + 1 : index + 2]
    return not any(character.isalnum() or character in "_'" for character in around)
