"""What the person who sets up a device needs: address, secret and settings of each source."""

from datetime import timedelta

from connectors.settings import ConnectorsSettings
from ingest.contract.connector import (
    AlertStream,
    Connector,
    DeviceProbe,
    FileDrop,
    Misdeclared,
    Poll,
    PostProof,
    PullPoint,
    SqlTable,
    Subscription,
    Syslog,
    Webhook,
)
from ingest.contract.errors import ConfigurationError
from ingest.contract.label import Label
from ingest.mqtt.broker import DEVICE_NAME, DEVICE_PART

ADDRESS = Label(vi="Địa chỉ", en="Address")
SECRET = Label(vi="Khóa bí mật", en="Secret")
SIGNATURE = Label(vi="Kiểu ký", en="Signature")
SIGN_OF_LIFE = Label(vi="Tín hiệu sống", en="Sign of life")
TOKEN = Label(vi="Mã truy cập", en="Bearer token")
CALENDAR = Label(vi="Địa chỉ lịch (bí mật)", en="Address of the calendar (secret)")
ASKED = Label(vi="Chu kỳ hỏi", en="Asked every")
USER = Label(vi="Tài khoản", en="User")
PASSWORD = Label(vi="Mật khẩu", en="Password")
OF_DEVICE = Label(vi="Tài khoản riêng của một thiết bị", en="Account of a single device")
QUALITY = Label(vi="Chất lượng (QoS)", en="Quality (QoS)")
TOPICS = Label(vi="Chủ đề MQTT", en="MQTT topics")
MISSING = Label(vi="Còn thiếu", en="Missing")
FOLDER = Label(vi="Thư mục", en="Folder")
DEVICES = Label(vi="Danh sách thiết bị", en="List of devices")
FAULT = Label(vi="Khai báo sai", en="Faulty declaration")
REACH = Label(vi="Phạm vi", en="Reach")

Lines = list[tuple[Label, str]]


def describe(connector: Connector, settings: ConnectorsSettings, device: str = "") -> Lines:
    """Address, secret and settings of one source, in the order in which they are asked for; secrets in plain text.

    Args:
        connector: which.
        settings: where we listen, and the secrets.
        device: a device that gets an account of its own, where the connector has such; empty: the account of them all.

    Raises:
        ConfigurationError: a secret has not been made yet.
    """
    way = connector.way
    if isinstance(way, Webhook):
        return _webhook(connector.id, way, settings)
    if isinstance(way, Poll):
        return _poll(connector.id, way, settings)
    if isinstance(way, FileDrop):
        folder = f"<IOC_DATA_FOLDER>/inbox/{connector.id}/"
        fetched = _asked_account(connector.id, "sftp://host/folder", way.every, settings) if way.host_key else []
        return [*fetched, (FOLDER, folder), (SIGN_OF_LIFE, f"≤ {way.sign_of_life.total_seconds():g} s")]
    if isinstance(way, SqlTable):
        return _table(connector.id, way, settings)
    if isinstance(way, AlertStream | PullPoint):
        return [
            (DEVICES, f'<IOC_DATA_FOLDER>/devices/{connector.id}.toml: [tdp017-cong-cho] url = "http://…" user = "…"'),
            (PASSWORD, "<IOC_DATA_FOLDER>/secrets/device_tdp017-cong-cho"),
            (ADDRESS, f"http://…{way.path}"),
            (SIGN_OF_LIFE, f"≤ {way.sign_of_life.total_seconds():g} s"),
        ]
    if isinstance(way, DeviceProbe):
        return _probe(connector.id, way, settings)
    if isinstance(way, Syslog):
        return [
            (ADDRESS, f"syslog, UDP | TCP {settings.syslog_host}:{way.port}"),
            (SIGNATURE, f"IP ← {', '.join(map(str, way.networks)) or settings.syslog_host}"),
            *_reach(settings.syslog_host, "IOC_CONNECTORS_SYSLOG_HOST"),
        ]
    if isinstance(way, Misdeclared):
        return [(FAULT, f"{way.fault.vi} | {way.fault.en}")]
    return _subscription(connector.id, way, settings, device)


def _webhook(connector_id: str, way: Webhook, settings: ConnectorsSettings) -> Lines:
    scheme = "https" if settings.intake_certificate else "http"
    return [
        (ADDRESS, f"POST {scheme}://{settings.intake_host}:{settings.intake_port}/intake/{connector_id}"),
        *([] if way.proof.scheme == "network" else [(SECRET, settings.post_secrets(connector_id, way.proof)[0])]),
        (SIGNATURE, _proof(connector_id, way.proof)),
        *([(SIGN_OF_LIFE, f"≤ {way.sign_of_life.total_seconds():g} s")] if way.sign_of_life else []),
        *_reach(settings.intake_host, "IOC_CONNECTORS_INTAKE_HOST, _CERTIFICATE, _KEY"),
    ]


def _proof(connector_id: str, proof: PostProof) -> str:
    """How a post proves where it comes from, as the person at the device needs it."""
    signed = f"{proof.header}: {proof.prefix}<HMAC-{proof.algorithm.upper()}, {proof.encoding}>"
    texts = {
        "standard_webhooks": "Standard Webhooks 1.0 (HMAC-SHA256, webhook-id, webhook-timestamp, webhook-signature)",
        "hmac": signed,
        "bearer": f"{proof.header}: <key>" if proof.header else "Authorization: Bearer <key>",
        "basic": f"Authorization: Basic, {USER.vi} | {USER.en} {connector_id}",
        "network": "IP",
    }
    return " ← ".join((texts[proof.scheme], *filter(None, [", ".join(map(str, proof.networks))])))


def _poll(connector_id: str, way: Poll, settings: ConnectorsSettings) -> Lines:
    setting = f"IOC_CONNECTORS_URLS__{connector_id.upper()}"
    url = settings.url(connector_id, pretend=False)
    if way.form == "icalendar":
        missing = (MISSING, f"{setting}=https://….ics")
        return [(CALENDAR, url) if url else missing, (ASKED, f"{way.every.total_seconds():g} s")]
    token = settings.token(connector_id, pretend=False)
    token_setting = f"IOC_CONNECTORS_TOKENS__{connector_id.upper()}"
    return [
        (ADDRESS, f"GET {url.rstrip('/')}{way.path}") if url else (MISSING, f"{setting}=https://…  (+ {way.path})"),
        (TOKEN, token.get_secret_value() if token else f"{token_setting}=…"),
        (ASKED, f"{way.every.total_seconds():g} s"),
    ]


def _table(connector_id: str, way: SqlTable, settings: ConnectorsSettings) -> Lines:
    name = ".".join(filter(None, (way.schema, way.table)))
    return _asked_account(connector_id, f"postgresql+psycopg://host/database  (· {name})", way.every, settings)


def _asked_account(connector_id: str, form: str, every: timedelta, settings: ConnectorsSettings) -> Lines:
    """Where a source is asked that gives an account; `form`: what its address is like, as long as it is not set."""
    url, account = settings.url(connector_id, pretend=False), settings.token(connector_id, pretend=False)
    missing = f"IOC_CONNECTORS_TOKENS__{connector_id.upper()}=<user>:<password>"
    return [
        (ADDRESS, url) if url else (MISSING, f"IOC_CONNECTORS_URLS__{connector_id.upper()}={form}"),
        (TOKEN, account.get_secret_value() if account else missing),
        (ASKED, f"{every.total_seconds():g} s"),
    ]


def _probe(connector_id: str, way: DeviceProbe, settings: ConnectorsSettings) -> Lines:
    file = f"<IOC_DATA_FOLDER>/inventory/{connector_id}.xlsx | .csv"
    key = settings.token(connector_id, pretend=False)
    missing = f"IOC_CONNECTORS_TOKENS__{connector_id.upper()}=<community>  |  <user>:<password>:<privacy password>"
    return [
        (DEVICES, ", ".join(one.device for one in way.devices) or file),
        (TOKEN, key.get_secret_value() if key else missing),
        (ASKED, f"{way.every.total_seconds():g} s"),
    ]


def _subscription(connector_id: str, way: Subscription, settings: ConnectorsSettings, device: str) -> Lines:
    if device and not (way.device_accounts and DEVICE_NAME.fullmatch(device)):
        raise ConfigurationError(
            f"{connector_id} has no accounts of single devices, or {device!r} is not a device's name: letters, digits, - and _."
        )
    host, port, tls = settings.mqtt_address()
    embedded = not settings.mqtt_url
    user = f"{connector_id}.{device}" if device else connector_id
    account = [(USER, user), (PASSWORD, settings.mqtt_account_password(user))] if embedded else []
    topics = [one.replace(DEVICE_PART, device) for one in way.device_topics] if device else way.topics
    if embedded and way.device_accounts and not device:
        account.append((OF_DEVICE, f"./ioc connectors {connector_id} --device <device>"))
    return [
        (ADDRESS, f"{'mqtts' if tls else 'mqtt'}://{settings.mqtt_host if embedded else host}:{port}"),
        *account,
        (QUALITY, "1"),
        (TOPICS, "  ".join(topics)),
        *(_reach(settings.mqtt_host, "IOC_CONNECTORS_MQTT_HOST, _CERTIFICATE, _KEY") if embedded else []),
    ]


def _reach(host: str, names: str) -> Lines:
    """Say so when devices on the network cannot get here yet."""
    return [(REACH, f"127.0.0.1 → {names}")] if host in ("127.0.0.1", "::1", "localhost") else []
