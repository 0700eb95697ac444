import base64
from pathlib import Path

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from connectors.settings import ConnectorsSettings
from ingest.contract.errors import ConfigurationError
from ingest.contract.settings import read_settings

MASTER = "m1" * 4 + "abcdefghijklmnopqrstuvwxyz"
OTHER = "o2" * 4 + "abcdefghijklmnopqrstuvwxyz"
OWN = "whsec_" + base64.b64encode(b"x" * 32).decode()


def settings(**values):
    return ConnectorsSettings(_env_file=None, **{"webhook_secret": MASTER, **values})


def test_every_source_has_a_secret_of_its_own_that_stays_the_same():
    one, other = settings().webhook_secrets("kiosk"), settings().webhook_secrets("office")
    assert one == settings().webhook_secrets("kiosk")
    assert one != other
    assert len(one) == 1
    Webhook(one[0])
    assert MASTER not in one[0]


def test_the_previous_secret_is_accepted_as_well():
    rotated = settings(webhook_secret=OTHER, webhook_secret_previous=MASTER)
    assert rotated.webhook_secrets("kiosk")[1:] == settings().webhook_secrets("kiosk")
    assert rotated.webhook_secrets("kiosk")[0] != rotated.webhook_secrets("kiosk")[1]


def test_a_source_may_insist_on_its_secret(monkeypatch):
    monkeypatch.setenv("IOC_CONNECTORS_SECRETS__QUEUE_KIOSK", f"{OWN}, {OWN}")
    monkeypatch.setenv("IOC_CONNECTORS_URLS__DOSSIER_PORTAL", "https://tthc.example.vn")
    monkeypatch.setenv("IOC_CONNECTORS_TOKENS__DOSSIER_PORTAL", "t0k")
    read = ConnectorsSettings(_env_file=None)
    assert read.webhook_secrets("queue_kiosk") == (OWN, OWN)
    assert read.url("dossier_portal", pretend=True) == "https://tthc.example.vn"
    assert read.token("dossier_portal", pretend=True).get_secret_value() == "t0k"
    assert "t0k" not in repr(read)
    assert OWN not in repr(read)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "password", "whsec_" + base64.b64encode(b"short").decode(), "whsec_%%"]
)
def test_what_is_no_webhook_secret_is_refused(secret):
    with pytest.raises(ConfigurationError, match="IOC_CONNECTORS_SECRETS__KIOSK"):
        settings(secrets={"kiosk": secret}).webhook_secrets("kiosk")


@pytest.mark.parametrize("secret", [None, SecretStr("short"), SecretStr("a" * 64)])
def test_missing_and_weak_master_secrets_are_refused(secret):
    with pytest.raises(ConfigurationError, match="IOC_CONNECTORS_WEBHOOK_SECRET"):
        settings(webhook_secret=secret).webhook_secrets("kiosk")
    with pytest.raises(ConfigurationError, match="IOC_CONNECTORS_MQTT_SECRET"):
        settings(mqtt_secret=secret).mqtt_account_password("frigate")


def test_the_pretend_ward_is_asked_only_when_it_plays_and_nothing_else_is_set():
    assert settings().url("dossier_portal", pretend=True) == "http://127.0.0.1:8070"
    assert settings().url("dossier_portal", pretend=False) is None
    assert settings().token("dossier_portal", pretend=False) is None
    assert len(settings().token("dossier_portal", pretend=True).get_secret_value()) == 64
    real = settings(urls={"dossier_portal": "https://tthc.example.vn"})
    assert real.token("dossier_portal", pretend=True) is None  # ours is not sent to strangers


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("", ("127.0.0.1", 1883, False)),
        ("mqtt://broker", ("broker", 1883, False)),
        ("mqtts://broker", ("broker", 8883, True)),
        ("mqtts://[::1]:1999/", ("::1", 1999, True)),
    ],
)
def test_address_of_the_mqtt_broker(url, address):
    assert settings(mqtt_url=url).mqtt_address() == address


@pytest.mark.parametrize(
    "url", ["broker", "http://broker", "mqtt://", "mqtt://u:p@broker", "mqtt://broker:x", "mqtt://b/x"]
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ConfigurationError, match="IOC_CONNECTORS_MQTT_URL"):
        settings(mqtt_url=url).mqtt_address()


@pytest.mark.parametrize("part", ["intake", "mqtt"])
def test_nothing_listens_to_the_network_in_plain_text_unasked(part):
    settings().check_exposure()
    settings(**{f"{part}_host": "localhost"}).check_exposure()
    with pytest.raises(ConfigurationError, match=f"IOC_CONNECTORS_{part.upper()}_HOST"):
        settings(**{f"{part}_host": "0.0.0.0"}).check_exposure()
    with pytest.raises(ConfigurationError, match=f"IOC_CONNECTORS_{part.upper()}_CERTIFICATE"):
        settings(**{f"{part}_host": "0.0.0.0", f"{part}_certificate": Path("c.pem")}).check_exposure()
    tls = {f"{part}_certificate": Path("c.pem"), f"{part}_key": Path("k.pem")}
    settings(**{f"{part}_host": "0.0.0.0", **tls}).check_exposure()
    settings(**{f"{part}_host": "0.0.0.0"}, open_without_tls=True).check_exposure()


def test_the_embedded_brokers_address_does_not_matter_when_the_ward_has_its_own():
    settings(mqtt_host="0.0.0.0", mqtt_url="mqtts://broker").check_exposure()


def test_secrets_are_read_from_files(tmp_path, monkeypatch):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "ioc_connectors_webhook_secret").write_text(OTHER)
    monkeypatch.setenv("IOC_DATA_FOLDER", str(tmp_path))
    assert read_settings(ConnectorsSettings).webhook_secret.get_secret_value() == OTHER


def test_generated_secrets_are_marked_for_the_launcher():
    generated = {
        name
        for name, field in ConnectorsSettings.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("generated")
    }
    assert generated == {"webhook_secret", "mqtt_secret"}
