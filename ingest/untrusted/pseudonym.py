"""Pseudonyms: keyed hashes that stand in for codes which could lead to a person.

The same code gets the same pseudonym from every connector of an install, so a ticket and its dossier still meet.
Who has only the warehouse cannot try all dossier codes, because the key is kept elsewhere.
"""

import unicodedata
from collections.abc import Callable
from hashlib import blake2b

from pydantic import SecretStr

from ingest.contract.errors import ConfigurationError

SHORTEST_SECRET = 32
"""Characters that a secret must have at least."""

_FEWEST_CHARACTERS = 8
_PERSON = b"ioc.pseudonym.v1"


def pseudonymiser(secret: SecretStr | None) -> Callable[[str], str]:
    """The function that turns a code into its pseudonym: 32 hexadecimal digits.

    Args:
        secret: `IOC_PSEUDONYM_SECRET`.

    Raises:
        ConfigurationError: the secret is missing, too short, or visibly not random.
    """
    key = check_secret(secret, "IOC_PSEUDONYM_SECRET")

    def pseudonym(code: str) -> str:
        plain = unicodedata.normalize("NFC", code.strip())
        return blake2b(plain.encode(), key=key, digest_size=16, person=_PERSON).hexdigest()

    return pseudonym


def derive_secret(secret: SecretStr | None, name: str, purpose: str) -> bytes:
    """A secret of 32 bytes for one purpose, made from a secret that serves several.

    Args:
        secret: the one that is kept.
        name: the variable it comes from, for the message when it does not serve.
        purpose: what the derived one is for, for example `webhook:kiosk`.

    Raises:
        ConfigurationError: the secret is missing, too short, or visibly not random.
    """
    return blake2b(purpose.encode(), key=check_secret(secret, name), digest_size=32, person=b"ioc.derived.v1").digest()


def check_secret(secret: SecretStr | None, name: str) -> bytes:
    """The key made of a secret, once it is known to be one.

    Raises:
        ConfigurationError: the secret is missing, too short, or visibly not random.
    """
    text = secret.get_secret_value().strip() if secret else ""
    if not text:
        raise ConfigurationError(
            f"{name} is not set; `./ioc up` makes it, or put {SHORTEST_SECRET} random characters there."
        )
    if len(text) < SHORTEST_SECRET or len(set(text)) < _FEWEST_CHARACTERS:
        raise ConfigurationError(f"{name} is too short or not random; it needs {SHORTEST_SECRET} random characters.")
    return blake2b(text.encode(), digest_size=64).digest()
