"""Signatures of webhooks, as in Standard Webhooks 1.0: HMAC-SHA256 over id, time and the raw body.

Verifying happens on the bytes, before anything is parsed. A source may have two secrets at a time, so that a new one
can be set at the device without a gap. An unknown source is verified like any other, against a secret that nobody has:
neither the answer nor the time it takes tells which sources exist.
"""

import secrets
from collections.abc import Mapping, Sequence

from standardwebhooks import Webhook, WebhookVerificationError

LIVE_SECRETS = 2
"""Secrets that a source may have at a time."""

LONGEST_ID = 200
"""Characters of a `webhook-id`."""


class Signatures:
    """The secrets of all sources.

    Args:
        by_source: for each source its live secrets in the form `whsec_<base64>`.
    """

    def __init__(self, by_source: Mapping[str, Sequence[str]]) -> None:
        nobody = [Webhook(secrets.token_bytes(32)) for _ in range(LIVE_SECRETS)]
        self._nobody = nobody
        self._verifiers: dict[str, list[Webhook]] = {}
        for source, live in by_source.items():
            own = [Webhook(secret) for secret in live[:LIVE_SECRETS]]
            self._verifiers[source] = own + nobody[len(own) :]

    def verified(self, source: str, body: bytes, headers: Mapping[str, str]) -> str | None:
        """See that the source signed the body, less than five minutes ago in real time.

        Args:
            source: the source's id, as its address says.
            body: raw bytes.
            headers: all headers, with lower-case names.

        Returns:
            None, or the reason why it is not so: `stale` or `signature`.
        """
        faults = [_fault(verifier, body, headers) for verifier in self._verifiers.get(source, self._nobody)]
        if None in faults:
            return None
        return "stale" if "stale" in faults else "signature"


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
