"""Outbox: what has been decided, and which messages have been begun, on disk until the log says the same.

People may hear of a decision before Kafka has acknowledged it, and a message may arrive in the moment in which the process dies. Whoever
starts in its place finds both here: the decision gets into the log as it was, and the message is sent again under its id, also if the
cause has gone meanwhile; so nobody hears of an alarm that the log does not know, or waits for the end of one that has ended.

Each is a file of its own, so that two processes of one folder never write over each other. What a full disk does not take is known in
memory only: a decision is then told after Kafka has it, and a message is sent all the same.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from dashboard.alarm.event_log.events import event_id
from ingest.contract.envelope import AnyEnvelope, decode_stored, encode
from ingest.contract.errors import InvalidEvent
from ingest.runtime.durable import replace_file

log = logging.getLogger("dashboard.alarm")

MessageKey = tuple[str, str]
"""Channel, and the id of the act that is told."""

DECISION, MESSAGE = ".decision.json", ".message.json"


class AlarmOutbox:
    """What waits on disk.

    Args:
        folder: where it is; made if need be.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        events: list[AnyEnvelope] = []
        for one in decode_stored([one.read_bytes() for one in folder.glob(f"[!.]*{DECISION}")]):
            if isinstance(one, InvalidEvent):
                log.warning("a decision in %s cannot be read and is left there: %s", folder, one)
            else:
                events.append(one)
        self._decisions = {one.id: one for one in sorted(events, key=lambda one: (one.data.at, one.data.number))}
        self._messages = {key for one in folder.glob(f"[!.]*{MESSAGE}") if (key := _message_key(one))}

    @property
    def decisions(self) -> Mapping[str, AnyEnvelope]:
        """The decisions on disk by id, in the order in which they were made."""
        return self._decisions

    def begun_by(self, channel: str) -> set[MessageKey]:
        """The messages that may have arrived by a channel although the log does not say so."""
        return {one for one in self._messages if one[0] == channel}

    def keep(self, decisions: Iterable[AnyEnvelope]) -> None:
        """Write decisions to disk."""
        for one in decisions:
            if self._write(f"{one.id}{DECISION}", encode(one).decode()):
                self._decisions[one.id] = one

    def forget(self, decisions: Iterable[str]) -> None:
        """The log has these decisions, or others in their place."""
        for id in decisions:
            del self._decisions[id]
            self._remove(f"{id}{DECISION}")

    def begin(self, message: MessageKey) -> None:
        """A message is about to be sent."""
        if message not in self._messages and self._write(_message_file(message), json.dumps(message)):
            self._messages.add(message)

    def end(self, message: MessageKey) -> None:
        """The log says what came of a message, or it it is sure that it did not arrive."""
        if message in self._messages:
            self._messages.remove(message)
            self._remove(_message_file(message))

    def _write(self, name: str, text: str) -> bool:
        try:
            replace_file(self._folder / name, text)
        except OSError as error:
            log.warning("cannot keep %s: %s", name, error)
            return False
        return True

    def _remove(self, name: str) -> None:
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError as error:  # the next start finds it in the log
            log.warning("cannot remove %s: %s", name, error)


def _message_file(message: MessageKey) -> str:
    return f"{event_id(*message)}{MESSAGE}"


def _message_key(path: Path) -> MessageKey | None:
    """The message of a file; `None`: it cannot be read."""
    try:
        channel, act = json.loads(path.read_bytes())
    except (ValueError, TypeError):
        log.warning("%s cannot be read and is left there", path)
        return None
    return str(channel), str(act)
