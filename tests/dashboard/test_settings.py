import pytest
from pydantic import SecretStr, ValidationError

from dashboard.settings import BoardSettings
from tests.dashboard.support.ward import board_settings


def test_loopback_is_the_default_and_needs_nothing(tmp_path):
    settings = board_settings(tmp_path)
    assert settings.url == "http://127.0.0.1:8050"
    assert not settings.secure
    assert settings.folder == tmp_path / "dashboard"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "ioc.example.vn"])
def test_another_address_needs_tls(tmp_path, host):
    with pytest.raises(ValidationError, match="tls_certificate"):
        board_settings(tmp_path, host=host)
    assert board_settings(tmp_path, host=host, behind_proxy=True)
    assert board_settings(tmp_path, host=host, tls_certificate=tmp_path / "c", tls_key=tmp_path / "k").secure


def test_certificate_and_key_come_together(tmp_path):
    with pytest.raises(ValidationError, match="belong together"):
        board_settings(tmp_path, tls_certificate=tmp_path / "c")


@pytest.mark.parametrize("secret", ["short", "a" * 40, ""])
def test_a_secret_worth_the_name(tmp_path, secret):
    with pytest.raises(ValidationError):
        board_settings(tmp_path, session_secret=SecretStr(secret))


def test_there_is_no_default_secret(tmp_path, monkeypatch):
    monkeypatch.delenv("IOC_BOARD_SESSION_SECRET", raising=False)
    with pytest.raises(ValidationError, match="session_secret"):
        BoardSettings(_env_file=None, data_folder=tmp_path)


def test_a_public_address_by_tls_makes_cookies_insist_on_it(tmp_path):
    assert board_settings(tmp_path, public_url="https://ioc.example.vn", behind_proxy=True).secure
    with pytest.raises(ValidationError):
        board_settings(tmp_path, public_url="https://ioc.example.vn/path")
