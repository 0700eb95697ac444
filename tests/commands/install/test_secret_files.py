import pytest
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from commands.install import secret_files
from commands.install.settings import KINDS, install_of


class Some(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="IOC_SOME_")

    key: SecretStr = Field(json_schema_extra={"generated": True})
    lock: SecretStr = Field(json_schema_extra={"generated": True})
    given: SecretStr | None = None


def test_marked_secrets_are_made_once_for_their_owner_only(tmp_path):
    folder = tmp_path / "secrets"
    made = secret_files.make_secrets(folder, [Some])
    assert made == ["ioc_some_key", "ioc_some_lock"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert len(set(before.values())) == len(before)
    assert all(len(secret) == 43 for secret in before.values())
    assert secret_files.make_secrets(folder, [Some]) == []
    assert {path.name: path.read_text() for path in folder.iterdir()} == before


def test_an_empty_file_is_no_secret(tmp_path):
    (tmp_path / "ioc_some_key").touch()
    assert "ioc_some_key" in secret_files.make_secrets(tmp_path, [Some])
    assert (tmp_path / "ioc_some_key").stat().st_size


def test_open_files_are_found(tmp_path):
    secret_files.make_secrets(tmp_path, [Some])
    assert secret_files.readable_by_others(tmp_path) == []
    (tmp_path / "ioc_some_key").chmod(0o644)
    assert secret_files.readable_by_others(tmp_path) == [tmp_path / "ioc_some_key"]
    assert secret_files.readable_by_others(tmp_path / "none") == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_folder_finds_its_secrets(kind, tmp_path):
    secret_files.make_secrets(tmp_path, KINDS)
    for name in secret_files.generated_secrets(kind):
        assert (tmp_path / name).is_file()


def test_an_install_needs_nothing_but_these_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("IOC_BOARD_PORT", "1")
    secret_files.make_secrets(tmp_path, KINDS)
    install = install_of({"IOC_DATA_FOLDER": str(tmp_path), "IOC_KAFKA_PORT": "1234"}, tmp_path)
    assert install.ingest.kafka_port == 1234
    assert install.board.port == 8050
    assert install.warehouse.data_folder == install.ingest.data_folder == tmp_path
    assert install.ingest.pseudonym_secret.get_secret_value() == (tmp_path / "ioc_pseudonym_secret").read_text()
