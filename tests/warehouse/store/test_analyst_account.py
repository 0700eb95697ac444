"""The analysts' user of an outside server, as far as the engine can be asked without one.

The embedded engine keeps no users of its own, but it can be run as one that its configuration describes: once as the owner, who makes
the tables and views as on an outside server, and once as a user that has exactly the limits and the rights of the account.
"""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from warehouse import views
from warehouse.server.sql_gate.query_tree import PASSES
from warehouse.settings import WarehouseSettings
from warehouse.store import analyst_account
from warehouse.store.client import Client, ServerError
from warehouse.store.migrate import MIGRATIONS, fill_statement, read_migrations

pytestmark = pytest.mark.processes

PASSWORD = "analyst-password-of-the-tests"
SETTINGS = WarehouseSettings(
    _env_file=None,
    host="clickhouse.example.vn",
    password=SecretStr("owner-password-of-the-tests"),
    analyst_password=SecretStr(PASSWORD),
)
CLUSTER = SETTINGS.model_copy(update={"cluster": "city"})

ASK = """
import json, sys
import chdb
connection = chdb.connect(f"{sys.argv[1]}/data?config-file={sys.argv[1]}/{sys.argv[2]}.xml")
answers = []
for sql in json.load(sys.stdin):
    try:
        answers.append(str(connection.query(sql, "TSV")).strip())
    except Exception as error:
        answers.append("refused: " + str(error)[:300])
print(json.dumps(answers))
"""


def asked(folder: Path, user: str, *statements: str) -> list[str]:
    """What the engine says to each statement of a user that a configuration describes."""
    answer = subprocess.run(
        [sys.executable, "-c", ASK, str(folder), user],
        input=json.dumps(statements),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    return list(json.loads(answer.stdout.splitlines()[-1]))


def describe(folder: Path, name: str, bounds: dict[str, str], granted: list[str]) -> None:
    """A configuration whose only session is of a user with these limits and rights; `ioc` is the owner."""
    users, profile = folder / f"{name}-users.xml", "".join(f"<{k}>{v}</{k}>" for k, v in bounds.items())
    grants = "".join(f"<query>GRANT {one}</query>" for one in granted)
    owner = "<ioc><password>x</password><grants><query>GRANT ALL ON *.*</query></grants></ioc>"
    users.write_text(
        f"<clickhouse><profiles><default/><of_user>{profile}</of_user></profiles><quotas><default/></quotas><users>{owner}"
        f"<default><password/><profile>of_user</profile><quota>default</quota><grants>{grants}</grants></default></users></clickhouse>"
    )
    (folder / f"{name}.xml").write_text(f"<clickhouse><users_config>{users}</users_config></clickhouse>")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tables and views of an outside server, and the analysts' user."""
    folder = tmp_path_factory.mktemp("server")
    describe(folder, "owner", {}, ["ALL ON *.*"])
    describe(
        folder,
        "analyst",
        analyst_account.limits(SETTINGS),
        analyst_account.rights(SETTINGS, views.public_names()),
    )
    statements = ["CREATE DATABASE ioc", "USE ioc"]
    for migration in read_migrations(MIGRATIONS):
        statements += [fill_statement(one, SETTINGS) for one in migration.statements]
    for view in sorted(views.dictionary(), key=lambda view: view.name != "working_calendar"):
        # As `CURRENT_USER` on a server, where the owner is who makes them.
        made = views.view_statement(view, SETTINGS, "test")
        assert "DEFINER = CURRENT_USER SQL SECURITY DEFINER" in made
        statements.append(made.replace("DEFINER = CURRENT_USER", "DEFINER = ioc", 1))
    answers = asked(folder, "owner", *statements, "SELECT count() FROM raw_events")
    assert set(answers[:-1]) == {""}, [one for one in answers if one]
    return folder


def test_it_reads_each_documented_view_and_nothing_beneath(server):
    names = sorted(views.public_names())
    answers = asked(
        server,
        "analyst",
        *(f"SELECT * FROM ioc.{name} LIMIT 1 FORMAT Null" for name in names),  # noqa: S608 - names of ours
        "SELECT count() FROM ioc.raw_events",
        "SELECT count() FROM ioc.raw_values",
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
        "SELECT * FROM remote('127.0.0.1', system.one)",
        "INSERT INTO ioc.raw_events (id) VALUES ('x')",
        "CREATE TABLE ioc.x (n UInt8) ENGINE = Memory",
        f"DROP VIEW ioc.{names[0]}",
        "GRANT SELECT ON *.* TO default",
        "CREATE USER somebody",
    )
    assert dict(zip(names, answers, strict=False)) == dict.fromkeys(names, "")
    refused = answers[len(names) :]
    assert not [one for one in refused if not one.startswith(("refused: Code: 497", "refused: Code: 164"))]


def test_it_may_ask_what_the_gate_asks_about_a_query(server):
    """On an outside server the gate looks at each query by the account of who asks it, before it runs."""
    names = sorted(views.public_names())
    query = f"SELECT count() FROM ioc.{names[0]}"  # noqa: S608 - a name of ours
    answers = asked(
        server,
        "analyst",
        f"SELECT formatQuerySingleLine('{query}')",
        f"EXPLAIN AST {query}",
        f"EXPLAIN QUERY TREE passes = {PASSES} {query}",
        "SELECT lower(name) FROM system.functions WHERE name = 'count'",
        "SELECT name FROM system.tables WHERE database = 'ioc' ORDER BY name",
        "SELECT DISTINCT table FROM system.columns WHERE database = 'ioc' ORDER BY table",
    )
    assert not any(one.startswith("refused") for one in answers), answers
    assert answers[0] == query
    assert f"table_name: ioc.{names[0]}" in answers[2]
    assert answers[3] == "count"
    assert answers[4].split() == answers[5].split() == names  # and it does not even see the tables beneath


def test_its_limits_hold_and_cannot_be_changed(server):
    bounded = analyst_account.limits(SETTINGS)
    quick = SETTINGS.model_copy(update={"analyst_seconds": timedelta(seconds=0.5), "analyst_memory": 16 * 1024 * 1024})
    describe(server, "hurried", analyst_account.limits(quick), analyst_account.rights(quick, views.public_names()))
    answers = asked(
        server,
        "hurried",
        "SET max_execution_time = 0",
        "SELECT 1 SETTINGS max_memory_usage = 0",
        "SET readonly = 0",
        "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1",
        "SELECT length(groupArray(number)) FROM numbers(100000000)",
    )
    assert [one.partition("Code: ")[2].partition(".")[0] for one in answers] == ["164", "164", "164", "159", "241"]
    assert bounded["max_execution_time"] == "10"
    assert bounded["readonly"] == "1"


@pytest.mark.parametrize("settings", [SETTINGS, CLUSTER])
def test_the_statements_are_clickhouses_and_hold_no_password(server, settings):
    statements = analyst_account.account_statements(settings, views.public_names())
    written = ["SELECT formatQuerySingleLine('" + one.replace("'", "\\'") + "')" for one in statements]
    answers = asked(server, "owner", *written)
    assert not any(one.startswith("refused") for one in answers), answers
    assert not any(PASSWORD in one for one in statements)
    assert all(("ON CLUSTER city" in one) == bool(settings.cluster) for one in answers)
    assert answers[-1].endswith("TO analyst WITH REPLACE OPTION")
    assert answers[-1].count("SELECT ON ioc.") == len(views.public_names())
    assert "DROP ALL SETTINGS, DROP ALL PROFILES, ADD PROFILE" in answers[2]  # whatever it had before is gone


class Refusing(Client):
    """A client of a server on which its owner may not manage users."""

    def __init__(self, code: int) -> None:
        super().__init__(SETTINGS)
        self.code = code

    def execute(self, sql, parameters=None, settings=None):
        raise ServerError("Not enough privileges", self.code)


def test_an_owner_who_may_not_manage_users_hears_what_to_do(caplog):
    assert not analyst_account.ensure_account(Refusing(497), ["indicator_values"])
    assert "docs/cluster.md" in caplog.text
    with pytest.raises(ServerError):
        analyst_account.ensure_account(Refusing(62), ["indicator_values"])


def test_without_a_password_there_is_no_account():
    none = SETTINGS.model_copy(update={"analyst_password": None})
    assert analyst_account.account_statements(none, ["indicator_values"]) == []
