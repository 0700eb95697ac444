"""README.md and docs/: every block is run or compared, every link, path, function, table and command that they name exists."""

import json
import re
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any, get_args
from urllib.parse import unquote

import pytest

from commands.developers import env_example
from commands.install.settings import KINDS, variable
from connectors.declared.declaration import WAYS, Declaration
from dashboard.alarm.notification.channels import fill_body
from dashboard.alarm.notification.message import AlarmMessage
from dashboard.alarm.settings import AlarmSettings
from dashboard.words import text
from tests.support.made import events
from tests.support.raw import store
from warehouse import views
from warehouse.query.adhoc import Adhoc
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect

ROOT = Path(__file__).parents[1]
FOLDERS = ("ingest", "connectors", "warehouse", "streams", "dashboard", "commands")
DOCUMENTS = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
}
README, GUIDE, ARCHITECTURE, GLOSSARY = (
    DOCUMENTS[name] for name in ("README.md", "docs/huong-dan.md", "docs/architecture.md", "docs/glossary.md")
)
BLOCKS = [
    (name, language, block)
    for name, document in DOCUMENTS.items()
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
]


def blocks(language: str) -> list[str]:
    return [block for _, of, block in BLOCKS if of == language]


def anchors(document: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", document, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def launcher() -> ModuleType:
    loader = SourceFileLoader("launcher_of_documents", str(ROOT / "ioc"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def found(dotted: str) -> Any:
    """What a dotted name means: a module, and attributes in it."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        file = ROOT.joinpath(*parts[:length])
        if file.with_suffix(".py").is_file() or (file / "__init__.py").is_file():
            value: Any = import_module(".".join(parts[:length]))
            for part in parts[length:]:
                value = getattr(value, part)
            return value
    raise ImportError(dotted)


# -- Blocks


def test_every_block_is_of_a_kind_that_a_test_looks_at() -> None:
    assert {(name, language) for name, language, _ in BLOCKS} == {
        ("README.md", "sh"),  # run: they are the two commands of continuous integration
        ("README.md", ""),  # the map, whose table is compared
        ("docs/architecture.md", ""),  # the picture, whose names are compared
        ("docs/extending.md", "python"),
        ("docs/connectors.md", "toml"),
        ("docs/analysts.md", "sql"),
        ("docs/alarms.md", ""),
        ("docs/huong-dan.md", "json"),  # read by `tests/dashboard/ward_map/test_ward_map.py`
        ("docs/wall.md", "ini"),  # run by `tests/browser/test_wall.py`
    }


@pytest.mark.parametrize("block", [*blocks("python"), *blocks("toml")], ids=lambda block: block.splitlines()[0])
def test_code_is_what_the_file_says(block: str) -> None:
    path, _, code = block.partition("\n")
    assert code.strip() in (ROOT / path.removeprefix("# ")).read_text(encoding="utf-8")


def test_the_entries_of_a_declaration_are_those_that_the_document_explains() -> None:
    document = DOCUMENTS["docs/connectors.md"]
    explained = {
        name for row in re.findall(r"^\| (`.*?) \|", document, re.MULTILINE) for name in re.findall(r"`(\w+)", row)
    }
    assert set(Declaration.model_fields) <= explained
    ways = {
        row[0]: set(re.findall(r"`(\w+)`", row[1]))
        for row in re.findall(r"^\| `(\w+)` \| (.*?) \|", document, re.MULTILINE)
    }
    for way in WAYS:
        kind, *_ = get_args(way.model_fields["kind"].annotation)
        entries = {field.alias or name for name, field in way.model_fields.items()} - {"kind"}
        assert entries <= ways[kind], kind


@pytest.mark.embedded
@pytest.mark.parametrize("query", blocks("sql"))
def test_queries_run(query: str, warehouse: WarehouseSettings) -> None:
    with connect(warehouse) as client:
        store(client, events(seed=1, count=200))
    answer = Adhoc(warehouse, views.public_names()).run(query, "reader")
    assert len(answer.columns) == 2


def test_the_recipe_for_zalo_makes_what_zalo_takes(tmp_path: Path) -> None:
    (line,) = [block for block in blocks("") if "WEBHOOK_BODY" in block]
    (tmp_path / ".env").write_text(line, encoding="utf-8")
    said = AlarmMessage("id", "subject", 'Chờ quá "15 phút"\nhttp://board', "critical", "http://board", {})
    body = fill_body(AlarmSettings(_env_file=tmp_path / ".env").webhook_body, said)
    assert json.loads(body) == {"chat_id": "<CHAT>", "text": said.text}


# -- Links, paths, settings


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_links_to_is_there(name: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", DOCUMENTS[name]):
        path, _, anchor = target.partition("#")
        file = (ROOT / name).parent / unquote(path) if path else ROOT / name
        assert file.is_file(), target
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), target


def test_readme_leads_to_every_document() -> None:
    assert {name for name in DOCUMENTS if name != "README.md"} <= set(re.findall(r"\]\(([^)#]+)", README))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_and_folders_that_a_document_names_are_there(name: str) -> None:
    folders = "|".join((*FOLDERS, "tests", "docs"))
    for path in re.findall(rf"`((?:{folders})/[\w./-]*)(?=[`:])", DOCUMENTS[name]):
        assert (ROOT / path).exists(), path


def test_the_settings_that_the_documents_name_are_there() -> None:
    known = {variable(kind, field) for kind in KINDS for field in kind.model_fields}
    for name, document in DOCUMENTS.items():
        assert set(re.findall(r"`(IOC_[A-Z_]+[A-Z])`", document)) <= known, name


def test_the_settings_tables_are_those_of_the_classes() -> None:
    rows = [
        row for name in ("docs/settings.md", "docs/alarms.md")
        for row in re.findall(r"^\| `(IOC_\w+)` \| (.*?) \| (.*) \|$", DOCUMENTS[name], re.MULTILINE)
    ]  # fmt: skip
    known = {
        variable(kind, field): (env_example.default(kind, field), env_example.docs(kind)[field])
        for kind in reversed(KINDS)  # a setting that several folders read is explained by the first
        for field in kind.model_fields
    }
    assert len(rows) > 40
    for name, default, meaning in rows:
        assert (default.strip("`"), meaning) == known[name], name
    assert {variable(AlarmSettings, field) for field in AlarmSettings.model_fields} <= {name for name, *_ in rows}


# -- Commands


def test_readme_has_the_commands_that_there_are_in_the_same_two_groups() -> None:
    tables = re.findall(
        r"((?:^\| .*\n)+)", README[README.index("## Commands") : README.index("## The map")], re.MULTILINE
    )
    shown = [re.findall(r"^\| `\./ioc (\w+)` \|", table, re.MULTILINE) for table in tables]
    module = launcher()
    known = module.commands()
    groups = [[name for name, one in known.items() if one.package == package] for package in module.GROUPS]
    assert [sorted(group) for group in shown] == [sorted(group) for group in groups]


def test_commands_and_options_exist() -> None:
    everything = "".join(DOCUMENTS.values())
    named = set(re.findall(r"\./ioc (\w+)(.*?)`", everything))
    assert len(named) > 20
    for name, rest in named:
        (source,) = (ROOT / "commands").glob(f"**/{name}.py")
        assert source.parent.name in ("commands", "developers"), name
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in source.read_text(encoding="utf-8"), (name, option)


def test_ci_runs_the_commands_that_the_readme_gives() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [block.strip() for block in blocks("sh")] == ["./ioc up", "./ioc test"]
    assert "./ioc check" in script
    assert "./ioc test" in script


# -- The map and the architecture


def test_the_map_names_the_folders_and_what_they_may_import() -> None:
    rows = dict(re.findall(r"^\| `(\w+)/` \| .* \| (.*) \|$", README, re.MULTILINE))
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


STEPS = re.findall(r"^(\d+)\. (.*(?:\n   .*)*)", ARCHITECTURE, re.MULTILINE)
FUNCTION = re.compile(rf"`((?:{'|'.join(FOLDERS)})(?:\.\w+)+)`")


def test_the_steps_are_numbered_and_each_names_its_code() -> None:
    assert [int(number) for number, _ in STEPS] == list(range(1, len(STEPS) + 1))
    for number, step in STEPS:
        assert FUNCTION.search(step) or "/assets/" in step, number


@pytest.mark.parametrize("dotted", sorted({name for one in DOCUMENTS.values() for name in FUNCTION.findall(one)}))
def test_functions_that_the_documents_name_are_there(dotted: str) -> None:
    found(dotted)


def test_every_table_and_topic_is_said_to_be_somewhere() -> None:
    sql = [*(ROOT / "warehouse" / "migrations").glob("*.sql"), ROOT / "warehouse" / "store" / "migrate.py"]
    made = {
        table
        for file in sql
        for table in re.findall(r"CREATE TABLE IF NOT EXISTS \{database\}\.(\w+)", file.read_text(encoding="utf-8"))
    }
    stored = ARCHITECTURE[ARCHITECTURE.index("## What is stored") : ARCHITECTURE.index("## What a crash")]
    rows = re.findall(r"^\| ClickHouse (.*?) \|", stored, re.MULTILINE)
    assert sorted(table for row in rows for table in re.findall(r"`(\w+)`", row)) == sorted(made)
    topics = found("ingest.contract.topic")
    assert set(re.findall(r"^\| Kafka `(.*?)` \|", stored, re.MULTILINE)) == {
        topics.topic_of("<stream>"), topics.DEAD_LETTERS, topics.VALUES
    }  # fmt: skip


def test_what_a_crash_does_is_proved() -> None:
    crashes = ARCHITECTURE[ARCHITECTURE.index("## What a crash") : ARCHITECTURE.index("## Where to change")]
    rows = re.findall(r"^\| ([^|]+) \| (?:[^|]+) \| (?:[^|]+) \| ([^|]+) \|$", crashes, re.MULTILINE)[2:]
    assert len(rows) > 10
    promises = DOCUMENTS["docs/promises.md"]
    for crash, proof in rows:
        assert re.search(r"`tests/", proof), crash
        for promise in re.findall(r"\bP\d+\b", proof):
            assert f"| {promise} |" in promises, promise
        for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", proof):
            assert re.search(rf"^(?:async )?def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), (
                crash
            )


def test_common_changes_have_a_file_each() -> None:
    table = ARCHITECTURE[ARCHITECTURE.index("## Where to change") :]
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", table, re.MULTILINE)[2:]
    assert len(rows) >= 20
    for change, where in rows:
        assert re.search(r"`[a-z]+/[\w./-]+`", where), change


# -- Words


def test_the_guide_says_what_the_board_says() -> None:
    """What people read on the board is called the same in the ward's guide."""
    shown = [state.vi.partition(" từ")[0] for state in text.STATES.values()]
    shown += [label.vi for label in (text.PROOF, text.SYSTEM, text.ALARMS, text.DEAD_LETTERS)]
    assert [words for words in shown if words not in GUIDE] == []


def test_the_glossary_s_words_of_the_board_are_on_the_board() -> None:
    shown = GUIDE + "".join(
        file.read_text(encoding="utf-8") for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")
    )
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$", GLOSSARY, re.MULTILINE)
    words = {word for _, column in rows for word in column.split(", ")} - {"on the board", "---"}
    assert len(words) > 20
    assert [word for word in words if word.lower() not in shown.lower()] == []


def test_five_words_for_doing_something_again_are_side_by_side() -> None:
    section = GLOSSARY[GLOSSARY.index("## Doing") : GLOSSARY.index("## Events")]
    assert re.findall(r"^\| (\w+) \|.*`[\w/]+\.py` \|$", section, re.MULTILINE) == [
        "recompute", "rebuild", "repair", "reconcile", "replay"
    ]  # fmt: skip


NEW_SPELLING = re.compile(r"\w*(?:o[àáảãạèéẻẽẹ]|(?<![qQ])u[ỳýỷỹỵ])(?!\w)")
"""`hoà`, `huỷ`: the mark on the second vowel of an open syllable; here it is on the first."""


def test_vietnamese_is_spelt_in_one_way() -> None:
    sources = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in SPELT]
    found = {
        (path.name, word)
        for path in [*sources, *(ROOT / name for name in DOCUMENTS)]
        for word in NEW_SPELLING.findall(path.read_text(encoding="utf-8"))
    }
    assert not found
    assert NEW_SPELLING.findall("hủy huỷ quý hòa hoà khỏe khoẻ toàn") == ["huỷ", "hoà", "khoẻ"]


SPELT = {".py", ".toml", ".html", ".js", ".css", ".md"}
