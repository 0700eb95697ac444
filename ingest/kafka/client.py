"""Kafka client: how every Kafka client of ours connects - address, encryption, log-in - and whether a broker answers."""

import logging
import socket
import ssl
import struct
from datetime import timedelta
from typing import Any

from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.contract.settings import IngestSettings
from ingest.untrusted.pseudonym import derive_secret

OWN_USER = "ioc"
"""The one account of our own Kafka: all our parts are one principal, for they share one folder and one secret."""

OWN_MECHANISM = "SCRAM-SHA-512"
"""Neither side shows the other its password: who takes the port while Kafka is away learns nothing, and is not believed."""


def own_password(settings: IngestSettings) -> str:
    """The password of `OWN_USER`, in hexadecimal.

    Raises:
        ConfigurationError: the secret that it is derived from is missing or not random.
    """
    return derive_secret(settings.kafka_own_secret, "IOC_KAFKA_OWN_SECRET", "kafka:account").hex()


def client_options(settings: IngestSettings) -> dict[str, Any]:
    """Address, encryption and log-in, in the words that aiokafka and kafka-python share.

    Raises:
        ConfigurationError: the protocol needs a setting that is empty, or the certificate file does not serve.
    """
    if not settings.kafka_bootstrap:
        return _own(settings, OWN_MECHANISM)
    protocol = settings.kafka_security_protocol
    options: dict[str, Any] = {"bootstrap_servers": settings.bootstrap.split(","), "security_protocol": protocol}
    if protocol.endswith("SSL"):
        options["ssl_context"] = _certificates(settings)
    if protocol.startswith("SASL"):
        if not settings.kafka_username or settings.kafka_password is None:
            raise ConfigurationError(
                f"IOC_KAFKA_SECURITY_PROTOCOL={protocol} needs IOC_KAFKA_USERNAME and IOC_KAFKA_PASSWORD."
            )
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_username
        options["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    return options


def bootstrap_options(settings: IngestSettings) -> dict[str, Any]:
    """As `client_options`, for whoever gives our own Kafka its account, and has seen that the port is its own.

    Raises:
        ConfigurationError: the secret is missing or not random.
    """
    return _own(settings, "PLAIN")


def _own(settings: IngestSettings, mechanism: str) -> dict[str, Any]:
    # It warns of each log-in without TLS; this one never leaves the PC.
    logging.getLogger("kafka.net.sasl").setLevel(logging.ERROR)
    return {
        "bootstrap_servers": [settings.bootstrap],
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": mechanism,
        "sasl_plain_username": OWN_USER,
        "sasl_plain_password": own_password(settings),
    }


def check_reachable(settings: IngestSettings) -> None:
    """See that one of the addresses answers, certificate and all; the libraries tell such faults only as a time-out.

    Raises:
        Unavailable: none of them answers.
        ConfigurationError: an address cannot be read, or its certificate is not vouched for.
    """
    options = client_options(settings)
    fault = ""
    for address in options["bootstrap_servers"]:
        host, _, port = address.strip().rpartition(":")
        host = host.strip("[]")
        if not host or not port.isdigit():
            raise ConfigurationError(f"IOC_KAFKA_BOOTSTRAP must be host:port,host:port…; {address!r} is not.")
        try:
            with socket.create_connection((host, int(port)), timeout=5) as plain:
                if "ssl_context" in options:
                    options["ssl_context"].wrap_socket(plain, server_hostname=host).close()
                return
        except ssl.SSLCertVerificationError as error:
            raise ConfigurationError(
                f"Kafka at {address} shows a certificate that IOC_KAFKA_CA_FILE does not vouch for: {error}"
            ) from error
        except OSError as error:
            fault = f"{address}: {error}"
    raise Unavailable("Kafka", fault)


def _certificates(settings: IngestSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.kafka_ca_file)
    except OSError as error:
        raise ConfigurationError(f"IOC_KAFKA_CA_FILE={settings.kafka_ca_file} cannot be used: {error}") from error


PATIENCE = timedelta(seconds=5)

_WHICH_VERSIONS, _CORRELATION = 18, 0x696F63
_QUESTION = struct.pack(">hhih", _WHICH_VERSIONS, 0, _CORRELATION, -1)
"""The request that every client begins with, also before a log-in: which requests do you take?"""


def ping_kafka(settings: IngestSettings) -> None:
    """Ask whether Kafka answers.

    Raises:
        Unavailable: no broker gives one.
    """
    options = client_options(settings)
    faults = []
    for address in options["bootstrap_servers"]:
        host, _, port = address.strip().rpartition(":")
        host = host.strip("[]")
        try:
            with socket.create_connection((host, int(port)), timeout=PATIENCE.total_seconds()) as plain:
                context = options.get("ssl_context")
                with context.wrap_socket(plain, server_hostname=host) if context else plain as connection:
                    _ask(connection)
                    return
        except (OSError, ValueError) as error:
            faults.append(f"{address}: {error or type(error).__name__}")
    raise Unavailable("Kafka", "; ".join(faults))


def _ask(connection: socket.socket) -> None:
    connection.sendall(struct.pack(">i", len(_QUESTION)) + _QUESTION)
    head = b""
    while len(head) < 8:
        more = connection.recv(8 - len(head))
        if not more:
            raise OSError("it closed the connection")
        head += more
    if struct.unpack(">ii", head)[1] != _CORRELATION:
        raise OSError("this is no Kafka")
