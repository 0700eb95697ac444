"""Sources that know no Standard Webhooks prove themselves in their own way, and no other source's way opens theirs."""

import base64
import hashlib
import hmac
from ipaddress import ip_network

import pytest

from ingest.contract.connector import PostProof
from ingest.webhook.proof import is_within
from ingest.webhook.signature import Signatures

BODY = b'{"a": 1}'
KEY = "k" * 32
NETWORK = ip_network("10.20.0.0/16")


def basic(user, password):
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def signed(key=KEY, body=BODY, algorithm="sha256"):
    return hmac.new(key.encode(), body, getattr(hashlib, algorithm)).digest()


GITHUB = PostProof("hmac", "X-Hub-Signature-256", "sha256=")
RAW = PostProof("hmac", "X-Sign", algorithm="sha512", encoding="base64")
GOOD = [
    (GITHUB, {"x-hub-signature-256": "sha256=" + signed().hex()}),
    (RAW, {"x-sign": base64.b64encode(signed(algorithm="sha512")).decode()}),
    (PostProof("bearer"), {"authorization": f"Bearer {KEY}"}),
    (PostProof("bearer", "X-Api-Key"), {"x-api-key": KEY}),
    (PostProof("basic"), basic("source", KEY)),
    (PostProof("network", networks=(NETWORK,)), {}),
    (PostProof("bearer", networks=(NETWORK,)), {"authorization": f"Bearer {KEY}"}),
]
each = pytest.mark.parametrize(("proof", "headers"), GOOD)


def fault(proof, headers, client="10.20.3.4", body=BODY, source="source", live=(KEY,)):
    return Signatures({"source": live}, {"source": proof}).verified(source, body, headers, client)


@each
def test_what_is_proved_is_taken(proof, headers):
    assert fault(proof, headers) is None
    assert proof.scheme == "network" or fault(proof, headers, live=("n" * 32, KEY)) is None


@each
def test_what_is_not_is_refused_in_one_way(proof, headers):
    refused = [fault(proof, headers, source="nobody"), fault(PostProof(), headers), fault(proof, headers, live=())]
    if proof.scheme != "network":
        refused = [
            *refused,
            fault(proof, {}),
            fault(proof, {name: text[:-1] + "!" for name, text in headers.items()}),
            fault(proof, dict.fromkeys(headers, "")),
            fault(proof, dict.fromkeys(headers, "đ")),
            fault(proof, headers, live=("o" * 32,)),
        ]
    else:
        refused.remove(None)  # a network is all that it asks for
    if proof.scheme == "hmac":
        refused.append(fault(proof, headers, body=BODY + b" "))
    if proof.networks:
        refused += [fault(proof, headers, client) for client in ("10.21.0.1", "", "x", "::1")]
    assert set(refused) == {"signature"}


def test_another_user_is_not_the_source():
    assert fault(PostProof("basic"), basic("other", KEY)) == "signature"


def test_a_network_without_addresses_lets_nobody_in():
    assert fault(PostProof("network"), {}) == "signature"


def test_addresses():
    assert is_within("::ffff:10.20.0.1", (NETWORK,))
    assert is_within("anything", ())
    assert not is_within("2001:db8::1", (NETWORK,))
