"""Another user of the PC at an install that is not theirs: a sentence in both languages, and nothing is changed or read."""

import json
import os
import subprocess
import sys

import pytest

from commands.install import secret_files
from commands.install.settings import KINDS, ROOT, ForeignInstallError, restrict_access

NOBODY = 65534
COMMANDS = (
    "up",
    "status",
    "doctor",
    "down",
    "connectors",
    "account list",
    "feed_key list",
    "letters",
    "audit",
    "backup",
    "display list",
)

AS_NOBODY = """
import contextlib, importlib, io, json, os, sys
# Read before, as this Python may be in a folder of ours.
mains = {line: importlib.import_module(f"commands.{line.split()[0]}").main for line in sys.argv[1:]}
os.setgroups([]); os.setgid(65534); os.setuid(65534)
said = {}
for line, main in mains.items():
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            main(line.split()[1:])
    except SystemExit as ended:
        said[line] = str(ended.code)
print(json.dumps(said))
"""

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")


@pytest.fixture
def folder(tmp_path_factory):
    """A data folder that others may reach, but not enter."""
    place = tmp_path_factory.mktemp("install")
    for one in (place, *place.parents[:2]):
        one.chmod(0o755)
    folder = place / "dữ liệu"
    restrict_access(folder)
    secret_files.make_secrets(folder / "secrets", KINDS)
    return folder


@needs_root
@pytest.mark.processes
def test_another_user_gets_a_sentence(folder):
    before = sorted(folder.rglob("*"))
    variables = {name: value for name, value in os.environ.items() if not name.startswith("IOC_")}
    answer = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, *COMMANDS],
        cwd=ROOT,
        env={**variables, "IOC_DATA_FOLDER": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    said = json.loads(answer.stdout)
    assert set(said) == set(COMMANDS)
    for text in said.values():
        assert text.startswith(str(folder))
        assert "thuộc về người dùng root của máy này" in text
        assert "belongs to the user root of this PC" in text
    assert sorted(folder.rglob("*")) == before


@needs_root
def test_a_file_of_another_user_in_an_install_is_named_with_its_owner(tmp_path):
    assert "nobody" in str(ForeignInstallError(owned(tmp_path / "x")))


def owned(path):
    path.touch()
    os.chown(path, NOBODY, NOBODY)
    return path


def test_what_an_earlier_version_left_open_is_closed(tmp_path):
    folder = tmp_path / "var"
    (folder / "connectors").mkdir(parents=True)
    (folder / "connectors" / "dossier_portal.cursor").write_text("x")
    (folder / "link").symlink_to("/")
    for path in (folder, folder / "connectors"):
        path.chmod(0o755)
    (folder / "connectors" / "dossier_portal.cursor").chmod(0o644)
    restrict_access(folder)
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.rglob("*") if not path.is_symlink()}
    assert modes == {"connectors": 0o700, "dossier_portal.cursor": 0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
