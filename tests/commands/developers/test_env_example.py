from typing import Any

from dotenv import dotenv_values

from commands.developers import env_example
from commands.install.settings import KINDS, variable


def test_the_file_is_up_to_date():
    assert env_example.FILE.read_text("utf-8") == env_example.env_example_text(), (
        "run `python -m commands.developers.env_example`"
    )


def test_every_setting_is_in_it_and_explained():
    shown = [
        line.removeprefix("# ") for line in env_example.env_example_text().splitlines() if line.startswith("# IOC_")
    ]
    names = [line.partition("=")[0] for line in shown]
    assert len(names) == len(set(names))
    assert set(names) == {variable(kind, field) for kind in KINDS for field in kind.model_fields}
    for kind in KINDS:
        assert set(kind.model_fields) <= set(env_example.docs(kind))


def test_as_it_is_it_changes_no_setting():
    assert dotenv_values(env_example.FILE) == {"COMPOSE_PROFILES": "kafka,clickhouse"}


def test_defaults_can_be_read_back(tmp_path, monkeypatch):
    """Each line that has a value, taken literally, gives the default again."""
    lines = [
        line.removeprefix("# ") for line in env_example.env_example_text().splitlines() if line.startswith("# IOC_")
    ]
    filled = tmp_path / ".env"
    filled.write_text(
        "\n".join(line for line in lines if not line.endswith("=")) + "\nIOC_WAREHOUSE_PASSWORD=0123456789abcdef"
    )
    for line in lines:
        monkeypatch.delenv(line.partition("=")[0], raising=False)
    for kind in KINDS:
        required: dict[str, Any] = (
            {"session_secret": "0123456789abcdef0123456789abcdef"} if "session_secret" in kind.model_fields else {}
        )
        read = kind(_env_file=filled, **required)
        for field, info in kind.model_fields.items():
            if not info.is_required():
                assert getattr(read, field) == info.get_default(call_default_factory=True, validated_data={}), field
