"""The launcher as a stranger meets it: a copy in an empty folder, real pip, packages from a folder instead of the internet."""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.processes


def loaded(path):
    loader = SourceFileLoader("ioc_launcher", str(path))
    spec = importlib.util.spec_from_loader("ioc_launcher", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def launcher():
    return loaded(ROOT / "ioc")


def wheel(folder, name):
    """A package that holds nothing, and its line of a lock file."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return f"{name}==1.0 \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


HELLO = '''"""Say hello.

Vi: Chào.
"""
import importlib.util, os, sys

def main(arguments):
    print("hello", *arguments, os.getcwd(), [n for n in ("first", "second", "tool") if importlib.util.find_spec(n)])

if __name__ == "__main__":
    main(sys.argv[1:])
'''


class Checkout:
    """A checkout with two commands and a small lock file."""

    def __init__(self, folder, packages):
        self.folder = folder
        self.packages = packages
        self.lines = {name: wheel(packages, name) for name in ("first", "second", "tool")}
        (folder / "commands" / "developers").mkdir(parents=True)
        for file in ("hello", "developers/check"):
            (folder / "commands" / f"{file}.py").write_text(HELLO)
        (folder / "commands" / "shared.py").write_text('"""No command."""\n')
        shutil.copy(ROOT / "ioc", folder / "ioc")
        self.lock("first")

    def lock(self, *names):
        (self.folder / "requirements.lock").write_text("".join(self.lines[name] for name in names))
        (self.folder / "requirements-dev.lock").write_text("".join(self.lines[name] for name in (*names, "tool")))

    def begin(self, *arguments, **environment):
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.packages), **environment}
        return subprocess.Popen(
            [sys.executable, str(self.folder / "ioc"), *arguments],
            cwd="/",
            env={**{name: value for name, value in os.environ.items() if not name.startswith("PIP_")}, **offline},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments, **environment):
        process = self.begin(*arguments, **environment)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    packages = tmp_path_factory.mktemp("packages")
    return Checkout(tmp_path_factory.mktemp("some where") / "ward ioc", packages)


def test_help_lists_the_commands_without_an_environment(checkout):
    for arguments in ((), ("help",), ("--help",)):
        code, out, _ = checkout.run(*arguments)
        assert code == 0
        assert "Running a ward\n  hello       Chào.\n              Say hello." in out
        assert "For developers\n  check       Chào.\n              Say hello." in out
        assert "shared" not in out
    assert not (checkout.folder / ".venv").exists()


def test_an_unknown_command_is_told_with_the_list(checkout):
    code, _, err = checkout.run("fly")
    assert code == 2
    assert "There is no command “fly”" in err
    assert "hello" in err


@pytest.mark.long
def test_two_at_once_make_one_environment_and_both_run(checkout):
    both = [checkout.begin("hello", name) for name in ("a", "b")]
    results = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    for (out, _), name in zip(results, ("a", "b"), strict=True):
        assert out == f"hello {name} {checkout.folder} ['first']\n"
    assert sum("Preparing the Python environment" in err for _, err in results) == 1

    code, out, err = checkout.run("hello", "again", PIP_FIND_LINKS="/nowhere")
    assert (code, err) == (0, "")
    assert out.startswith("hello again")


@pytest.mark.long
def test_what_developers_run_brings_the_development_packages(checkout):
    code, out, _ = checkout.run("check")
    assert code == 0
    assert "['first', 'tool']" in out
    code, out, err = checkout.run("hello")
    assert (code, err) == (0, "")


@pytest.mark.long
def test_a_changed_lock_is_followed_in_both_directions(checkout):
    checkout.lock("second")
    code, out, err = checkout.run("hello")
    assert code == 0, err
    assert "['second', 'tool']" in out


@pytest.mark.long
def test_a_falsified_package_is_not_installed(checkout):
    stamp = (checkout.folder / ".venv" / "ioc-stamp.json").read_text()
    good = checkout.lines["first"]
    checkout.lines["first"] = good[:-9] + "00000000\n"
    checkout.lock("first", "second")
    code, _, err = checkout.run("hello")
    assert code == 1
    assert "wrong hash" in err
    checkout.lines["first"] = good
    checkout.lock("first", "second")
    code, out, _ = checkout.run("hello")  # An unfinished environment is made anew.
    assert code == 0
    assert "['first', 'second'" in out
    assert json.loads(stamp)["place"] == str(checkout.folder)


def test_without_network_the_sentence_says_what_to_do(checkout):
    shutil.rmtree(checkout.folder / ".venv", ignore_errors=True)
    code, _, err = checkout.run("hello", PIP_FIND_LINKS="/nowhere")
    assert code == 1
    assert "connect this PC to the internet" in err
    assert "hãy nối máy với Internet" in err


def test_a_full_disk_or_missing_venv_is_told_before_anything_is_made(launcher, monkeypatch):
    nearly_full = shutil.disk_usage("/")._replace(total=10**12, used=10**12, free=10**9)
    monkeypatch.setattr(launcher.shutil, "disk_usage", lambda path: nearly_full)
    with pytest.raises(launcher.MissingError, match="3 GB"):
        launcher.check_this_pc()
    monkeypatch.undo()
    monkeypatch.setattr(launcher.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    with pytest.raises(launcher.MissingError, match=r"sudo apt install python3\.\d+-venv"):
        launcher.check_this_pc()


@pytest.mark.long
def test_a_link_to_another_environment_is_not_emptied(launcher, monkeypatch, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "kept").touch()
    (tmp_path / ".venv").symlink_to(tmp_path / "other")
    monkeypatch.setattr(launcher, "VENV", tmp_path / ".venv")
    launcher.make_venv()
    assert (tmp_path / "other" / "kept").exists()
    assert (tmp_path / ".venv" / "pyvenv.cfg").exists()


def test_an_old_python_goes_on_in_a_newer_one_or_says_so(launcher, monkeypatch):
    def execv(path, arguments):
        raise SystemExit(arguments)

    monkeypatch.setattr(launcher.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(launcher.os, "execv", execv)
    monkeypatch.setattr(launcher.shutil, "which", lambda name: f"/usr/bin/{name}" if name == "python3.12" else None)
    with pytest.raises(SystemExit) as went_on:
        launcher.use_new_enough_python(["up"])
    assert went_on.value.args == (["/usr/bin/python3.12", str(ROOT / "ioc"), "up"],)
    monkeypatch.setattr(launcher.shutil, "which", lambda name: None)
    with pytest.raises(launcher.MissingError, match=r"chỉ có 3\.9"):
        launcher.use_new_enough_python(["up"])


def test_every_command_is_described_in_both_languages(launcher):
    known = launcher.commands()
    by_package: dict[str, set[str]] = {}
    for name, command in known.items():
        by_package.setdefault(command.package, set()).add(name)
        assert command.vietnamese, name
        assert command.english, name
    assert {"up", "down", "status", "doctor", "connectors"} <= by_package["commands"]
    assert {"bench", "chaos", "check", "screenshots", "soak", "test"} <= by_package["commands.developers"]
    assert not {"stack", "ready", "ports"} & set(known)


def test_only_the_standard_library_is_needed():
    answer = subprocess.run([sys.executable, "-I", "-S", str(ROOT / "ioc"), "help"], capture_output=True, check=False)
    assert answer.returncode == 0
