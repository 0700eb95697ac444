"""Signatures of webhooks, as in Standard Webhooks 1.0: HMAC-SHA256 over id, time and the raw body.

Verifying happens on the bytes, before anything is parsed. A source may have two secrets at a time, so that a new one
can be set at the device without a gap. An unknown source is verified like any other, against a secret that nobody has:
neither the answer nor the time it takes tells which sources exist. A source that knows no Standard Webhooks proves itself in
another way (`proof`).
"""

import secrets
from collections.abc import Mapping, Sequence

from standardwebhooks import Webhook, WebhookVerificationError

from ingest.contract.connector import PostProof
from ingest.webhook.proof import is_proved, is_within

LIVE_SECRETS = 2
"""Secrets that a source may have at a time."""

LONGEST_ID = 200
"""Characters of a `webhook-id`."""


class Signatures:
    """The secrets of all sources.

    Args:
        by_source: for each source its live secrets; in the form `whsec_<base64>`, unless its proof is another.
        proofs: how each source proves itself; what is not named does by Standard Webhooks.
    """

    def __init__(self, by_source: Mapping[str, Sequence[str]], proofs: Mapping[str, PostProof] | None = None) -> None:
        nobody = [Webhook(secrets.token_bytes(32)) for _ in range(LIVE_SECRETS)]
        self._nobody = nobody
        self._verifiers: dict[str, list[Webhook]] = {}
        self._proofs: dict[str, PostProof] = {}
        self._secrets: dict[str, Sequence[str]] = {}
        for source, live in by_source.items():
            self.know(source, live, (proofs or {}).get(source, PostProof()))

    def know(self, source: str, live: Sequence[str], proof: PostProof) -> None:
        """Know a source, or know it by other secrets."""
        self.forget(source)
        self._proofs[source], self._secrets[source] = proof, live
        if self._is_signed(source):
            own = [Webhook(secret) for secret in live[:LIVE_SECRETS]]
            self._verifiers[source] = own + self._nobody[len(own) :]

    def forget(self, source: str) -> None:
        """Know a source no more."""
        for known in (self._proofs, self._secrets, self._verifiers):
            known.pop(source, None)

    def verified(self, source: str, body: bytes, headers: Mapping[str, str], client: str = "") -> str | None:
        """Check that the body comes from the source; one that signs as in Standard Webhooks did so less than five minutes ago in real time.

        Args:
            source: the source's id, as its address says.
            body: raw bytes.
            headers: all headers, with lower-case names.
            client: address of whoever posts.

        Returns:
            None, or the reason why it is not so: `stale` or `signature`.
        """
        proof = self._proofs.get(source, PostProof())
        faults = [_fault(verifier, body, headers) for verifier in self._verifiers.get(source, self._nobody)]
        if not self._is_signed(source):
            faults = [None if is_proved(proof, source, self._secrets.get(source, ()), body, headers) else "signature"]
        if None in faults and is_within(client, proof.networks):
            return None
        return "stale" if "stale" in faults else "signature"

    def _is_signed(self, source: str) -> bool:
        return self._proofs.get(source, PostProof()).scheme == "standard_webhooks"


def _fault(verifier: Webhook, body: bytes, headers: Mapping[str, str]) -> str | None:
    named = {name: headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    if len(named["webhook-id"]) > LONGEST_ID:
        return "signature"
    try:
        verifier.verify(body, named, json_parse=False)
    except WebhookVerificationError as error:
        return "stale" if str(error).startswith("Message timestamp") else "signature"
    except ValueError:
        # The library raises it for a body that is not UTF-8 and for signatures that are not base64.
        return "signature"
    return None
