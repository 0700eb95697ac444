"""README.md and the ward's guide: every block is run, or compared with what it shows."""

import json
import re
from pathlib import Path

import pytest

from commands.developers import env_example
from commands.install.settings import KINDS, variable
from dashboard.alarm.channels import filled
from dashboard.alarm.message import Message
from dashboard.alarm.settings import AlarmSettings
from dashboard.words import text
from tests.support import warehouse_server
from tests.support.made import events
from tests.support.raw import store
from warehouse import views
from warehouse.query.adhoc import Adhoc
from warehouse.store.client import connect

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "huong-dan.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
FOLDERS = ("ingest", "connectors", "warehouse", "streams", "dashboard", "commands")


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def test_every_block_is_of_a_kind_that_a_test_looks_at() -> None:
    assert {name for name, _ in BLOCKS} == {"sh", "python", "sql", "ini", ""}


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.splitlines()[0])
def test_code_is_what_the_file_says(block: str) -> None:
    path, _, code = block.partition("\n")
    assert code.strip() in (ROOT / path.removeprefix("# ")).read_text(encoding="utf-8")


def test_commands_exist() -> None:
    named = set(re.findall(r"\./ioc (\w+)(.*?)`", TEXT + GUIDE))
    assert named
    for name, rest in named:
        (source,) = (ROOT / "commands").glob(f"**/{name}.py")
        assert source.parent.name in ("commands", "developers"), name
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in source.read_text(encoding="utf-8"), (name, option)
    assert [block.strip() for block in blocks("sh")] == ["./ioc up", "./ioc test"]


def test_the_guide_says_what_the_board_says() -> None:
    """What people read on the board is called the same in the ward's guide."""
    shown = [one.vi.partition(" từ")[0] for one in text.STATES.values()]
    shown += [one.vi for one in (text.PROOF, text.SYSTEM, text.ALARMS, text.LETTERS)]
    assert [one for one in shown if one not in GUIDE] == []


def test_ci_runs_the_commands_that_the_readme_gives() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "./ioc check" in script
    assert "./ioc test" in script


@pytest.mark.embedded
@pytest.mark.parametrize("query", blocks("sql"))
def test_queries_run(query: str, tmp_path: Path) -> None:
    with warehouse_server.running(tmp_path) as settings, connect(settings) as client:
        store(client, events(seed=1, count=200))
        answer = Adhoc(settings, views.public_names()).run(query, "reader")
        assert len(answer.columns) == 2


def test_the_map_names_the_folders_and_what_they_may_import() -> None:
    rows = dict(re.findall(r"^\| `(\w+)/` \| .* \| (.*) \|$", TEXT, re.MULTILINE))
    assert tuple(rows) == FOLDERS
    for folder, allowed in rows.items():
        imported = {
            name
            for file in (ROOT / folder).rglob("*.py")
            for name in re.findall(r"^(?:from|import) (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
            if name in FOLDERS and name != folder
        }
        if allowed != "all":
            assert imported == set(re.findall(r"`(\w+)`", allowed)), folder


def test_the_settings_are_those_of_the_classes() -> None:
    rows = re.findall(r"^\| `(IOC_\w+)` \| (.*?) \| (.*) \|$", TEXT, re.MULTILINE)
    assert len(rows) > 10
    known = {
        variable(kind, field): (env_example.default(kind, field), env_example.docs(kind)[field])
        for kind in reversed(KINDS)  # a setting that several folders read is explained by the first
        for field in kind.model_fields
    }
    for name, default, meaning in rows:
        assert (default.strip("`"), meaning) == known[name], name


def test_the_recipe_for_zalo_makes_what_zalo_takes(tmp_path: Path) -> None:
    (line,) = [block for block in blocks("") if "WEBHOOK_BODY" in block]
    (tmp_path / ".env").write_text(line, encoding="utf-8")
    said = Message("id", "subject", 'Chờ quá "15 phút"\nhttp://board', "critical", "http://board", {})
    body = filled(AlarmSettings(_env_file=tmp_path / ".env").webhook_body, said)
    assert json.loads(body) == {"chat_id": "<CHAT>", "text": said.text}


def test_what_it_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (ROOT / target).is_file(), target
