"""SNMP secret: what devices are asked with, as it is written in a setting."""

from typing import NamedTuple

from ingest.contract.errors import ConfigurationError

SHORTEST_PASSWORD = 8
"""Characters (RFC 3414, 11.2)."""


class SnmpSecret(NamedTuple):
    """A community of v2c, or a user of v3 with passwords."""

    name: str
    """The community, or the user."""
    password: str = ""
    """Of the user, for SHA; empty: it is a community."""
    privacy: str = ""
    """For AES; empty: what is said is not encrypted."""


def read_secret(text: str) -> SnmpSecret:
    """A secret as it is written: `<community>` or `<user>:<password>[:<privacy password>]`.

    Raises:
        ConfigurationError: it is none.
    """
    name, *passwords = text.split(":")
    if not name or len(passwords) > 2 or any(len(one) < SHORTEST_PASSWORD for one in passwords):
        raise ConfigurationError(
            f"SNMP wants a community, or <user>:<password>[:<privacy password>] with at least {SHORTEST_PASSWORD} characters each."
        )
    return SnmpSecret(name, *passwords)
