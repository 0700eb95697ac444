import pytest
from pydantic import SecretStr

from connectors import catalogue
from connectors.describe import describe
from connectors.settings import ConnectorsSettings
from ingest.contract.errors import ConfigurationError

SETTINGS = ConnectorsSettings(
    _env_file=None,
    webhook_secret=SecretStr("webhook-secret-of-thirty-two-characters"),
    mqtt_secret=SecretStr("mqtt-secret-of-thirty-two-characters"),
)


def told(id_, settings=SETTINGS, device=""):
    (connector,) = (one for one in catalogue() if one.id == id_)
    return {label.en: text for label, text in describe(connector, settings, device)}


def test_ids_are_the_names_of_their_files():
    assert len({one.id for one in catalogue()}) == len(catalogue()) >= 4


@pytest.mark.parametrize("connector", catalogue(), ids=lambda one: one.id)
def test_every_source_is_described_in_both_languages(connector):
    for label, text in describe(connector, SETTINGS):
        assert label.vi
        assert label.en
        assert text


def test_a_source_that_posts():
    lines = told("queue_kiosk")
    assert lines["Address"] == "POST http://127.0.0.1:8060/intake/queue_kiosk"
    assert lines["Secret"] == SETTINGS.webhook_secrets("queue_kiosk")[0]
    assert "IOC_CONNECTORS_INTAKE_HOST" in lines["Reach"]


def test_a_source_that_is_polled():
    assert told("dossier_portal")["Missing"].startswith("IOC_CONNECTORS_URLS__DOSSIER_PORTAL=")
    set_up = SETTINGS.model_copy(update={"urls": {"dossier_portal": "https://tthc.example.vn/"}})
    assert told("dossier_portal", set_up)["Address"].startswith("GET https://tthc.example.vn/api")


def test_a_source_on_mqtt():
    lines = told("frigate")
    assert lines["Address"] == "mqtt://127.0.0.1:1883"
    assert (lines["User"], lines["Password"]) == ("frigate", SETTINGS.mqtt_account_password("frigate"))
    own = told("frigate", SETTINGS.model_copy(update={"mqtt_url": "mqtts://broker.example.vn"}))
    assert own["Address"] == "mqtts://broker.example.vn:8883"
    assert "Password" not in own


def test_a_device_has_an_account_and_topics_of_its_own():
    lines = told("smart_loudspeaker", device="tdp-017-l1")
    assert lines["User"] == "smart_loudspeaker.tdp-017-l1"
    assert "loa/tdp-017-l1/status" in lines["MQTT topics"].split()
    assert "+" not in lines["MQTT topics"]
    passwords = {told("smart_loudspeaker", device=device)["Password"] for device in ("", "a", "b")}
    assert len(passwords) == 3
    for id_, device in (("frigate", "cam"), ("smart_loudspeaker", "a/b"), ("smart_loudspeaker", "+")):
        with pytest.raises(ConfigurationError):
            told(id_, device=device)
