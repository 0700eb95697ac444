import re

import pytest

from commands import display
from dashboard.access.displays import Displays
from tests.dashboard.support.ward import board_settings


@pytest.fixture(autouse=True)
def _own_install(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IOC_DATA_FOLDER", str(tmp_path / "var"))


def test_a_screen_is_let_in_listed_and_revoked(tmp_path, capsys):
    displays = Displays(board_settings(tmp_path / "var"))
    assert display.main(["add", "hall", "--pages", "/:30", "--network", "10.0.0.0/8", "--days", "30"]) == 0
    (token,) = re.findall(r"http://127.0.0.1:8050/wall\?token=(\S+)", capsys.readouterr().err)
    one = displays.find(token)
    assert one
    assert one.expires_at
    assert (one.expires_at - one.made_at).days == 30
    assert display.main(["list"]) == 0
    listed = capsys.readouterr().out
    assert listed.startswith(f"{one.id}\thall\t/:30\t10.0.0.0/8\t")
    assert token not in listed
    assert display.main(["revoke", one.id]) == 0
    assert displays.find(token) is None
    assert display.main(["revoke", one.id]) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        ["--pages", "sql:30"],
        ["--network", "10.0.0.1/8"],
        ["--days", "0"],
        ["--lang", "fr"],
        ["--theme", "pink"],
        ["--metres", "x"],
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(SystemExit):
        display.main(["add", "hall", *wrong])
