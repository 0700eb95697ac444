"""Proof: how a post of a source that knows no Standard Webhooks shows where it comes from.

None of these ways says when a post was made. Whoever records one and sends it again changes nothing: the same body is answered as
before, and its events have the same ids.
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from ingest.contract.connector import PostProof


def is_proved(proof: PostProof, source: str, secrets: Sequence[str], body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether a post bears what its source's proof asks for.

    Args:
        proof: what is asked for; not Standard Webhooks.
        source: the source's id, which is its user as well.
        secrets: the source's live secrets.
        body: raw bytes.
        headers: all headers, with lower-case names.
    """
    if proof.scheme == "network":
        return bool(proof.networks)
    shown = headers.get((proof.header or "authorization").lower(), "").encode()
    return any(hmac.compare_digest(shown, _expected(proof, source, secret, body)) for secret in secrets)


def is_within(client: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    """Whether an address lies in one of some networks; in none, if there are none, everything does."""
    if not networks:
        return True
    try:
        address = ip_address(client)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in networks)


def _expected(proof: PostProof, source: str, secret: str, body: bytes) -> bytes:
    if proof.scheme == "basic":
        return b"Basic " + base64.b64encode(f"{source}:{secret}".encode())
    if proof.scheme == "bearer":
        return secret.encode() if proof.header else f"Bearer {secret}".encode()
    digest = hmac.digest(secret.encode(), body, proof.algorithm)
    written = digest.hex().encode() if proof.encoding == "hex" else base64.b64encode(digest)
    return proof.prefix.encode() + written
