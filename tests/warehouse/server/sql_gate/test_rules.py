# ruff: noqa: S608
"""The gate's own judgement, before an engine whose answers are written by hand: bounds, and who may read what.

`test_gate` holds it against the real engine, in every position; here each rule stands alone.
"""

from collections.abc import Mapping

import pytest

from ingest.contract.errors import QueryRefused
from tests.warehouse.support.inline import InlineEngine
from warehouse.server.sql_gate.gate import LONGEST, SqlGate

COLUMNS = ["visits.ward", "visits.n", "secrets.password"]
FUNCTIONS = ["count", "sum", "file", "numbers", "in", "plus", "sleep", "revision"]


class Engine:
    """Answers the gate's questions as the engine does.

    Args:
        rendering: what it makes of the text; the text itself when `None`.
        tree: lines of `EXPLAIN AST`.
        resolved: lines of `EXPLAIN QUERY TREE`, or why it is refused.
        tables: names that its database has.
    """

    def __init__(
        self,
        tree: list[str],
        resolved: list[str] | QueryRefused | None = None,
        rendering: str | QueryRefused | None = None,
        tables: tuple[str, ...] = ("visits", "secrets"),
    ) -> None:
        self.tree, self.resolved, self.rendering, self.tables = tree, resolved or ["QUERY id: 0"], rendering, tables
        self.asked: list[str] = []

    def __call__(self, sql: str, parameters: Mapping[str, str]) -> list[str]:
        self.asked.append(sql)
        if "formatQuery" in sql:
            if isinstance(self.rendering, QueryRefused):
                raise self.rendering
            return [self.rendering or parameters["sql"]]
        if sql.startswith("EXPLAIN AST"):
            return self.tree
        if sql.startswith("EXPLAIN QUERY TREE"):
            if isinstance(self.resolved, QueryRefused):
                raise self.resolved
            return self.resolved
        columns = COLUMNS if parameters.get("database") == "ioc" else ["things.n"]
        return {"system.columns": columns, "system.functions": FUNCTIONS, "system.tables": list(self.tables)}[
            next(name for name in ("system.columns", "system.functions", "system.tables") if name in sql)
        ]


def gate(tables: tuple[str, ...] = ("visits",), closed: tuple[str, ...] = ()) -> SqlGate:
    return SqlGate("ioc", tables, closed)


def rule(sql: str, engine: Engine, judge: SqlGate | None = None) -> str:
    with pytest.raises(QueryRefused) as refused:
        (judge or gate()).check(sql, engine)
    return refused.value.rule


def tree(*lines: str) -> list[str]:
    """A SELECT with these nodes below it, indented by a blank a level from 1 on."""
    below = sum(not line.startswith(" ") for line in lines)
    return [f"SelectWithUnionQuery (children {below})", *(f" {line}" for line in lines)]


ONE = tree("Literal UInt64_1")


def test_what_passes_is_the_engine_s_own_rendering():
    assert gate().check("select  1", Engine(ONE, rendering="SELECT 1")) == "SELECT 1"


@pytest.mark.parametrize("sql", ["", " \n\t", "SELECT '\0'", "SELECT '\ud800'"])
def test_what_is_no_text_is_refused_without_asking(sql):
    engine = Engine(ONE)
    assert rule(sql, engine) == "text"
    assert not engine.asked


def test_a_text_may_have_so_many_bytes_and_no_more():
    assert LONGEST == 20_000
    longest = "SELECT 1".ljust(LONGEST - 3) + "ễ"
    assert gate().check(longest, Engine(ONE, rendering="SELECT 1")) == "SELECT 1"
    engine = Engine(ONE)
    assert rule(longest + " ", engine) == "size"
    assert not engine.asked


def test_a_rendering_may_be_four_times_as_long():
    longest = "SELECT 1" + " " * (4 * LONGEST - 8)
    assert gate().check("SELECT 1", Engine(ONE, rendering=longest)) == longest
    assert rule("SELECT 1", Engine(ONE, rendering=longest + " ")) == "size"


def test_a_tree_may_have_ten_thousand_nodes_and_no_more():
    assert gate().check("SELECT 1", Engine(tree(*["Literal UInt64_1"] * 9_999))) == "SELECT 1"
    assert rule("SELECT 1", Engine(tree(*["Literal UInt64_1"] * 10_000))) == "size"


@pytest.mark.parametrize(
    "rendering", ["INSERT INTO visits VALUES (1)", "SELECTED", "DROP TABLE visits", "EXPLAIN SELECT 1", "1"]
)
def test_only_a_select_is_read(rendering):
    assert rule("x", Engine(ONE, rendering=rendering)) == "read only"


@pytest.mark.parametrize("rendering", ["SELECT 1", "WITH 1 AS ward SELECT ward", "(SELECT 1) UNION ALL (SELECT 1)"])
def test_a_select_may_begin_in_three_ways(rendering):
    assert gate().check("x", Engine(ONE, rendering=rendering)) == rendering


def test_two_statements_are_refused_by_name_and_a_mistake_in_the_engine_s_words():
    assert rule("x", Engine(ONE, rendering=QueryRefused("e", "Multi-statements are not allowed"))) == "one statement"
    with pytest.raises(QueryRefused, match=r"^Syntax error at 3$") as refused:
        gate().check("x", Engine(ONE, rendering=QueryRefused("e", "Syntax error at 3: In scope SELECT formatQuery x")))
    assert refused.value.rule == "syntax"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1 INTO OUTFILE 'x'",
        "WITH RECURSIVE ward AS (SELECT 1) SELECT 1",
        "SELECT 1 FORMAT CSV",
        "SELECT 1 SETTINGS n = 1",
    ],
)
def test_clauses_that_do_more_than_read_are_refused(text):
    assert rule(text, Engine(ONE)) == "syntax"


def table(name: str) -> list[str]:
    """The tree of a SELECT from a table."""
    return tree(
        "SelectQuery (children 2)", " Identifier n", " TablesInSelectQuery (children 1)",
        "  TablesInSelectQueryElement (children 1)", "   TableExpression (children 1)", f"    TableIdentifier {name}",
    )  # fmt: skip


RESOLVED = [
    "QUERY id: 0",
    "  COLUMN id: 1, column_name: n, result_type: UInt64, source_id: 2",
    "  TABLE id: 2, alias: __table1, table_name: {}",
]


def resolved(name: str) -> list[str]:
    return [line.format(name) for line in RESOLVED]


@pytest.mark.parametrize("name", ["visits", "ioc.visits"])
def test_an_open_table_is_read_with_or_without_its_database(name):
    text = f"SELECT n FROM {name}"
    assert gate().check(text, Engine(table(name), resolved("ioc.visits"))) == text


def test_a_table_of_another_database_may_be_open():
    both = gate(("visits", "other.things"))
    text = "SELECT n FROM other.things"
    assert both.check(text, Engine(table("other.things"), resolved("other.things"))) == text
    assert rule("SELECT n FROM things", Engine(table("things"), resolved("other.things")), both) == "table"


@pytest.mark.parametrize("name", ["secrets", "ioc.secrets", "system.tables", "system.one"])
def test_another_table_is_not(name):
    text = f"SELECT n FROM {name}"
    assert rule(text, Engine(table(name))) == "table"


def test_a_table_that_only_the_tree_shows_is_judged_as_well():
    for name in ("ioc.secrets", "secrets"):
        assert rule("SELECT n FROM visits", Engine(table(name), resolved("ioc.visits"))) == "table"


def test_a_name_that_the_query_gives_may_stand_for_a_table_unless_it_hides_one():
    text = "WITH w AS (SELECT n FROM visits) SELECT n FROM w"
    assert gate().check(text, Engine(table("w"), resolved("ioc.visits"))) == text
    hiding = text.replace("w AS", "secrets AS").replace("FROM w", "FROM secrets")
    assert rule(hiding, Engine(table("secrets"), resolved("ioc.visits"))) in ("table", "name")
    gone = gate(closed=("w",))  # the engine does not know it at the moment
    assert rule(text, Engine(table("w"), resolved("ioc.visits")), gone) == "table"
    assert rule(text, Engine(table("w"), resolved("ioc.visits"), tables=("w",))) == "table"


def within(name: str) -> list[str]:
    """The tree of `n IN name`."""
    return tree(
        "SelectQuery (children 1)", " ExpressionList (children 1)", "  Function in (children 1)", "   ExpressionList (children 2)",
        "    Identifier n", f"    Identifier {name}",
    )  # fmt: skip


def test_a_table_behind_in_is_judged_as_one():
    text = "WITH w AS (SELECT n FROM visits) SELECT n IN w FROM visits"
    assert gate().check(text, Engine(within("w"), resolved("ioc.visits"))) == text
    assert rule(text, Engine(within("ioc.secrets"), resolved("ioc.visits"))) == "table"
    assert rule(text, Engine(within("secrets"), resolved("ioc.visits"))) == "table"
    assert gate().check("SELECT n IN visits FROM visits", Engine(within("visits"), resolved("ioc.visits")))


@pytest.mark.parametrize("name", ["sleep", "SLEEP", "`ｓleep`", "`ſleep`"])
def test_a_name_of_a_forbidden_function_may_not_be_given(name):
    text = f"WITH 1 AS {name} SELECT {name}"
    assert rule(text, Engine(tree(f"Identifier {name}"))) == "function"
    assert rule("WITH 1 AS ｓleep SELECT ｓleep", Engine(ONE)) == "syntax"


def test_a_forbidden_function_is_refused_wherever_it_stands():
    assert rule("SELECT sleep(1)", Engine(tree("Function sleep"))) == "function"
    assert rule("SELECT n FROM visits", Engine(tree("Function sleep"), resolved("ioc.visits"))) == "function"
    assert (
        rule(
            "SELECT n FROM visits",
            Engine(table("visits"), [*resolved("ioc.visits"), "  FUNCTION id: 3, function_name: sleep"]),
        )
        == "function"
    )
    assert (
        rule(
            "SELECT n FROM visits",
            Engine(tree("TableExpression (children 1)", " Function file"), resolved("ioc.visits")),
        )
        == "function"
    )
    assert (
        rule(
            "SELECT n FROM visits",
            Engine(table("visits"), [*resolved("ioc.visits"), "  TABLE_FUNCTION id: 3, table_function_name: file"]),
        )
        == "function"
    )


def test_a_call_that_the_tree_does_not_show_is_refused():
    assert rule("SELECT count()", Engine(ONE)) == "syntax"
    assert gate().check("SELECT count()", Engine(tree("Function count")))
    assert rule("SELECT count(), count()", Engine(tree("Function count"))) == "syntax"


def test_what_the_engine_resolves_is_judged_as_well():
    select = "SELECT n FROM visits"
    assert rule(select, Engine(table("visits"), resolved("ioc.secrets"))) == "table"
    other = [line.replace("column_name: n", "column_name: password") for line in resolved("ioc.visits")]
    assert rule(select, Engine(table("visits"), other)) == "name"
    assert rule(select, Engine(table("visits"), ["UNHEARD_OF id: 1"])) == "syntax"
    nothing = [
        "QUERY id: 0",
        "  COLUMN id: 1, column_name: dummy, result_type: UInt8, source_id: 2",
        "  TABLE id: 2, table_name: system.one",
    ]
    assert gate().check("SELECT 1", Engine(ONE, nothing)) == "SELECT 1"


def test_a_name_that_the_engine_does_not_find_is_told_as_a_table():
    unknown = QueryRefused("e", "Unknown table expression identifier 'w' in scope")
    with pytest.raises(QueryRefused, match=r"Table 'w' is not open to you\. Open are: ioc\.visits") as refused:
        gate().check("SELECT n FROM visits", Engine(table("visits"), unknown))
    assert refused.value.rule == "table"
    assert rule("SELECT n FROM visits", Engine(table("visits"), QueryRefused("cost", "something else"))) == "cost"


def test_an_unknown_name_is_refused_with_what_is_like_it():
    with pytest.raises(QueryRefused, match="Did you mean: ward"):
        gate().check("SELECT warde FROM visits", Engine(table("visits")))
    assert rule("SELECT n FROM visits", Engine(tree("Identifier password"), resolved("ioc.visits"))) == "name"
    assert gate().check("SELECT n FROM visits", Engine(tree("Identifier ioc.visits.n"), resolved("ioc.visits")))


@pytest.mark.parametrize("node", ["CreateQuery x", "Set", "SystemQuery"])
def test_a_node_that_is_not_on_the_list_is_refused(node):
    assert rule("SELECT n FROM visits", Engine(tree(node), resolved("ioc.visits"))) == "syntax"


def test_a_tree_that_does_not_add_up_is_refused():
    assert rule("SELECT 1", Engine(["SelectWithUnionQuery (children 2)", " Literal UInt64_1"])) == "syntax"


@pytest.mark.parametrize(
    ("arguments", "is_allowed"),
    [
        (["Identifier n", "Literal 'UInt64'"], True),
        (["Identifier n", "Literal 'Dynamic'"], False),
        (["Identifier n", "Identifier n"], False),
        (["Identifier n"], False),
    ],
)
def test_a_cast_is_to_a_harmless_type_that_stands_there(arguments, is_allowed):
    text = "SELECT CAST(n, 'UInt64') FROM visits"
    lines = tree(
        "Function CAST (children 1)", f" ExpressionList (children {len(arguments)})", *(f"  {one}" for one in arguments)
    )
    engine = Engine(lines, resolved("ioc.visits"))
    if is_allowed:
        assert gate().check(text, engine) == text
    else:
        assert rule(text, engine) == "syntax"


@pytest.mark.parametrize(("kind", "is_allowed"), [("UInt64", True), ("Dynamic", False)])
def test_what_is_taken_from_json_has_its_type_last(kind, is_allowed):
    """`JSONExtract(text, 'key', 'type')`: the key may be called like anything."""
    text = f"SELECT JSONExtract(n, 'Dynamic', '{kind}') FROM visits"
    lines = tree(
        "Function JSONExtract (children 1)",
        " ExpressionList (children 3)",
        "  Identifier n",
        "  Literal 'Dynamic'",
        f"  Literal '{kind}'",
    )
    engine = Engine(lines, resolved("ioc.visits"))
    if is_allowed:
        assert gate().check(text, engine) == text
    else:
        assert rule(text, engine) == "syntax"


WINDOWS = tree("Function sum (children 1)", " ExpressionList (children 1)", "  Identifier n")


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("PARTITION BY ward ORDER BY n", None),
        ("PARTITION BY ward ORDER BY n + 1", None),
        ("ORDER BY ward = 'IN'", None),
        ("ORDER BY n IN visits", "syntax"),
        ("ORDER BY n in (1)", "syntax"),
        ("ORDER BY (SELECT 1)", "syntax"),
        ("ORDER BY ward LIKE 'a'", "syntax"),
        ("ORDER BY ward -> 1", "syntax"),
        ("ORDER BY plus(n, 1)", None),
        ("ORDER BY CAST(n, 'UInt64')", "syntax"),
        ("ORDER BY match(ward, 'a')", "syntax"),
        ("ORDER BY sleep(1)", "function"),
        ("ORDER BY numbers(1)", None),
    ],
)
def test_what_the_tree_does_not_show_of_a_window_is_judged_by_its_text(window, expected):
    text = f"SELECT sum(n) OVER ({window}) FROM visits"
    engine = Engine(WINDOWS, resolved("ioc.visits"))
    if expected is None:
        assert gate().check(text, engine) == text
    else:
        assert rule(text, engine) == expected


def test_a_window_that_does_not_end_is_refused():
    assert rule("SELECT sum(n) OVER (ORDER BY n FROM visits", Engine(WINDOWS, resolved("ioc.visits"))) == "syntax"


def test_only_a_function_that_stands_for_a_table_may_be_read_from():
    def read_from(function: str) -> list[str]:
        return tree("Identifier n", "TableExpression (children 1)", f" Function {function}")

    select = "SELECT n FROM visits"
    assert gate().check(select, Engine(read_from("numbers"), resolved("ioc.visits"))) == select
    assert rule(select, Engine(read_from("count"), resolved("ioc.visits"))) == "function"


def test_what_may_cost_too_much_is_refused():
    """A pattern that is no text of the query."""
    arguments = [" ExpressionList (children 2)", "  Identifier ward", "  Identifier ward"]
    engine = Engine(tree("Function match (children 1)", *arguments), resolved("ioc.visits"))
    assert rule("SELECT match(ward, ward) FROM visits", engine) == "cost"


@pytest.mark.parametrize(
    ("text", "named"),
    [("SELECT 1 INTO OUTFILE 'x'", "INTO OUTFILE"), ("WITH RECURSIVE w AS (SELECT 1) SELECT 1", "WITH RECURSIVE")],
)
def test_a_clause_is_named_as_it_is_written(text, named):
    with pytest.raises(QueryRefused, match=f"Not allowed here: '{named}'"):
        gate().check(text, Engine(ONE))


def test_of_a_name_like_no_other_nothing_is_suggested():
    with pytest.raises(QueryRefused) as refused:
        gate().check("SELECT zzzzzzzzzz FROM visits", Engine(table("visits")))
    assert "Có phải là" not in str(refused.value)
    assert "Did you mean" not in str(refused.value)
    with pytest.raises(QueryRefused, match="Có phải là: ward"):
        gate().check("SELECT warde FROM visits", Engine(table("visits")))


def operation(name: str, second: str) -> list[str]:
    return tree(
        "SelectQuery (children 1)", " ExpressionList (children 1)", f"  Function {name} (children 1)", "   ExpressionList (children 2)",
        "    Identifier n", f"    {second}",
    )  # fmt: skip


def test_only_a_name_behind_in_may_be_a_table():
    """The database has a table `w`, which is not open; the query gives a number that name."""
    text = "WITH 1 AS w SELECT n FROM visits"
    for second in ("Identifier w", "Literal Float64_1.5"):
        engine = Engine(operation("plus", second), resolved("ioc.visits"), tables=("visits", "w"))
        assert gate().check(text, engine) == text
    assert rule(text, Engine(within("w"), resolved("ioc.visits"), tables=("visits", "w"))) == "table"
    literal = Engine(operation("in", "Literal Float64_1.5"), resolved("ioc.visits"))
    assert gate().check(text, literal) == text
    alone = tree("Function in (children 1)", " ExpressionList (children 1)", "  Identifier n")
    assert gate().check(text, Engine(alone, resolved("ioc.visits"))) == text


class Names(Engine):
    """Of its databases the real engine tells."""

    def __call__(self, sql: str, parameters: Mapping[str, str]) -> list[str]:
        if "system.columns" not in sql and "system.tables" not in sql:
            return super().__call__(sql, parameters)
        assert "{database:String}" in sql
        rows = REAL.answer(sql.replace("{database:String}", f"'{parameters['database']}'"))
        return [str(value) for row in rows for value in row.values()]


REAL = InlineEngine()


@pytest.fixture
def databases():
    for statement in (
        "CREATE DATABASE ioc",
        "CREATE TABLE ioc.visits (ward String, n UInt64) ENGINE = Memory",
        "CREATE TABLE ioc.hidden (n UInt64) ENGINE = Memory",
        "CREATE DATABASE other",
        "CREATE TABLE other.visits (password String) ENGINE = Memory",
        "CREATE TABLE other.w (n UInt64) ENGINE = Memory",
    ):
        REAL.answer(statement)
    yield
    REAL.close()


def test_only_its_own_database_says_which_columns_and_tables_there_are(databases):
    visits = table("visits")
    assert gate().check("SELECT n FROM visits", Names(visits, resolved("ioc.visits")))
    assert rule("SELECT password FROM visits", Names(visits, resolved("ioc.visits"))) == "name"
    text = "WITH {0} AS (SELECT n FROM visits) SELECT n FROM {0}"
    assert gate().check(text.format("w"), Names(table("w"), resolved("ioc.visits")))
    assert rule(text.format("hidden"), Names(table("hidden"), resolved("ioc.visits"))) == "table"
