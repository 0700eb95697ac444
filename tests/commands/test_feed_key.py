import re

import pytest

from commands import feed_key
from dashboard.access.api_key import FeedKeys
from tests.dashboard.support.ward import board_settings


@pytest.fixture(autouse=True)
def _own_install(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IOC_DATA_FOLDER", str(tmp_path / "var"))


def test_a_key_is_made_listed_and_removed(tmp_path, capsys):
    keys = FeedKeys(board_settings(tmp_path / "var"))
    assert feed_key.main(["make", "city", "--wards", "hong-bang, le-chan", "--days", "30"]) == 0
    text = re.search(r"ioc_\S+", capsys.readouterr().err)[0]
    key = keys.find(text)
    assert key.wards == ("hong-bang", "le-chan")
    assert (key.expires_at - key.made_at).days == 30
    assert feed_key.main(["list"]) == 0
    listed = capsys.readouterr().out
    assert listed.startswith(f"{key.id}\tcity\thong-bang,le-chan\t")
    assert text not in listed
    assert feed_key.main(["remove", key.id]) == 0
    assert keys.find(text) is None
    assert feed_key.main(["remove", key.id]) == 2


@pytest.mark.parametrize("wrong", [["\udcff"], ["x\0"], ["x" * 81], ["city", "--days", "9" * 12]])
def test_what_cannot_be_kept_is_refused_in_words(tmp_path, capsys, wrong):
    assert feed_key.main(["make", *wrong]) == 2
    assert "Không tạo được khóa" in capsys.readouterr().err
    assert FeedKeys(board_settings(tmp_path / "var")).all() == {}


def test_it_is_for_this_wards_figures_unless_said(tmp_path, capsys):
    feed_key.main(["make", "city"])
    (key,) = FeedKeys(board_settings(tmp_path / "var")).all().values()
    assert key.wards == ("hong-bang",)
