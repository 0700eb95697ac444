import re

import pytest

from commands import account
from dashboard.access.accounts import Accounts
from tests.dashboard.support.ward import board_settings

PASSWORD = re.compile(r"lan  /  (\S+)")


@pytest.fixture(autouse=True)
def _own_install(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IOC_DATA_FOLDER", str(tmp_path / "var"))


@pytest.fixture
def accounts(tmp_path):
    return Accounts(board_settings(tmp_path / "var"))


def shown(capsys):
    return PASSWORD.search(capsys.readouterr().err)[1]


def test_a_person_is_added_reset_and_removed(accounts, capsys):
    assert account.main(["add", "lan", "--rights", "leader,analyst"]) == 0
    first = shown(capsys)
    assert accounts.check("lan", first).rights == {"leader", "analyst"}
    assert account.main(["reset", "lan"]) == 0
    second = shown(capsys)
    assert accounts.check("lan", first) is None
    assert accounts.check("lan", second)
    assert account.main(["list"]) == 0
    assert capsys.readouterr().out.startswith("lan\tanalyst,leader\t")
    assert account.main(["remove", "lan"]) == 0
    assert accounts.all() == {}


def test_without_rights_said_it_is_the_board_alone(accounts, capsys):
    account.main(["add", "lan"])
    assert accounts.all()["lan"].rights == {"leader"}


@pytest.mark.parametrize(
    "wrong", [["add", "lan", "--rights", "root"], ["add", "a b"], ["reset", "nobody"], ["remove", "nobody"]]
)
def test_what_cannot_be_done_is_said(wrong, capsys):
    assert account.main(wrong) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 2, "once a language"


def test_a_name_is_added_once(capsys):
    assert account.main(["add", "lan"]) == 0
    assert account.main(["add", "lan"]) == 2
    assert "reset" in capsys.readouterr().err
