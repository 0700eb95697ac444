"""Said: what a device told us, or that it did not, and the message that its connector gets of it."""

from typing import Annotated, Any, Literal, NamedTuple

import httpx
from pydantic import BaseModel, ConfigDict, StringConstraints

from ingest.contract.errors import InvalidEvent, Unavailable

ACCOUNT_REFUSED = "account_refused"
"""Cause of a device that does not let us in."""

NO_ANSWER = (httpx.HTTPError, httpx.InvalidURL, OSError, LookupError, NotImplementedError, ValueError)
"""What `httpx` raises for a device that does not answer, or asks for the account in a way that makes no sense."""


class DeviceFailed(Unavailable):
    """A device gave no answer that can be used.

    Args:
        cause: code for the source's status, for example `no_answer` or `http_404`.
        detail: for the log.
    """

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__("the device", detail)
        self.cause = cause


class NotUnderstood(NamedTuple):
    """Something that a device said and that makes no sense."""

    body: bytes
    """As it came; empty where it was not kept."""
    fault: InvalidEvent


Said = dict[str, Any] | NotUnderstood | None
"""What a device said; `None`: that it is there."""


def check_status(status: int) -> None:
    """See that a device has answered what it was asked.

    Raises:
        DeviceFailed: it has not.
    """
    if status in (401, 403):
        raise DeviceFailed(ACCOUNT_REFUSED, "it refuses the account")
    if status != httpx.codes.OK:
        raise DeviceFailed(f"http_{status}", f"it answered with status {status}")


class DeviceMessage(BaseModel):
    """What the connector gets; what the device said is added by it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    device: Annotated[str, StringConstraints(max_length=80)]
    cameras: dict[str, str] = {}
    """Of a recorder, what is on its channels."""
    contact: Literal["begun", "kept", "lost"] | None = None
    """What we see of it: it answers (again), it still does, it does not."""

    def all_cameras(self) -> list[str]:
        """Those that are known."""
        return list(self.cameras.values()) or [self.device]
