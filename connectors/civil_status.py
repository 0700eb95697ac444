"""Civil status: a probe of the civil-status software (phần mềm hộ tịch), which is not the ward's own and may fail.

The ward's report names its failures as the reason of late dossiers, so each outage is an event of its own. We only ask
whether it answers; nothing that it holds is read. An answer below 500 means that it runs, even one that refuses us.
An outage is named by its beginning, and its end must bear the same name: `Probe` remembers it, and is told the last status
again after a restart.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from ingest.contract.connector import Connector, Context, Mapped, Poll, ReceivedMessage
from ingest.contract.errors import InvalidEvent
from ingest.contract.events import health
from ingest.contract.label import Label

APP = "ho_tich"


class Probe:
    """What a change of the answer's status means, given what it was before."""

    def __init__(self) -> None:
        self._outage: str | None = None

    def __call__(self, status: int, at: datetime) -> Mapped:
        """The software began to answer with this HTTP status (0: no answer at all)."""
        down = status == 0 or status >= 500
        if down and self._outage is None:
            self._outage = f"{APP}|{at.astimezone(UTC):%Y%m%dT%H%M%S}"
            return [health.AppOutageStarted(outage_ref=self._outage, app=APP, at=at, detected_by="probe")]
        if not down and self._outage is not None:
            ended = health.AppOutageEnded(outage_ref=self._outage, app=APP, at=at, detected_by="probe")
            self._outage = None
            return [ended]
        return []


def to_events(received: ReceivedMessage, context: Context) -> Mapped:
    """A probe reads no content, so there is nothing to map."""
    raise InvalidEvent("no_content", "the probe of the civil-status software reads no content")


CONNECTOR = Connector(
    id="civil_status",
    label=Label(vi="Phần mềm hộ tịch (thăm dò)", en="Civil-status software (probe)"),
    system="health",
    way=Poll(
        path="/ho-tich/health",
        every=timedelta(seconds=5),
        items=lambda page: [],
        next_cursor=lambda page: None,
        parameters=lambda cursor: {},
        status=Probe(),
    ),
    payload=TypeAdapter[Any](dict[str, Any]),
    events=(health.AppOutageStarted, health.AppOutageEnded),
    map=to_events,
    sample="civil_status.jsonl",
    guide=Label(
        vi=(
            "Không phải cài gì vào phần mềm hộ tịch. Đặt địa chỉ gốc của phần mềm vào cấu hình in ở trên; hệ thống hỏi "
            "trang trạng thái 5 giây một lần. Trả lời mã 5xx hoặc không trả lời được ghi là gián đoạn."
        ),
        en=(
            "Nothing is installed in the civil-status software. Put its base URL into the setting printed above; "
            "its status page is asked every 5 seconds. A 5xx answer, or none, is recorded as an outage."
        ),
    ),
)
