"""Trail: an act on a source is written down before it is done, with who does it; that it was refused, after."""

from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter

from dashboard.store.changes import record_change
from dashboard.store.store import BoardStore
from ingest.administration.message import SourceRefused
from ingest.administration.remote import RemoteSources

Answer = TypeVar("Answer")


class TracedSources:
    """The connectors, asked in the name of a person.

    Args:
        remote: asks them.
        store: keeps who changed what.
    """

    def __init__(self, remote: RemoteSources, store: BoardStore) -> None:
        self._remote = remote
        self._store = store

    def ask(self, question: BaseModel, answer: type[Answer] | TypeAdapter[Answer]) -> Answer:
        """The answer to a question that changes nothing.

        Raises:
            SourceRefused: there is none.
            Unavailable: the connectors do not answer.
        """
        return self._remote.ask(question, answer)

    def act(self, question: Any, answer: type[Answer], by: str, act: str, detail: str = "") -> Answer:
        """Do something with a source.

        Args:
            question: one of `Ask`, with the source's id.
            answer: what comes of it.
            by: who wants it done.
            act: its name in the trail.
            detail: of what of the source, for the trail.

        Raises:
            SourceRefused: it is not done.
            StoreUnavailable: it cannot be written down, so it is not done.
            Unavailable: the connectors do not answer; it may be done.
        """
        subject = f"{question.id} ({detail})" if detail else question.id
        self._record(subject, act, by)
        try:
            return self._remote.ask(question, answer)
        except SourceRefused:
            self._record(subject, "refused", by)
            raise

    def _record(self, subject: str, act: str, by: str) -> None:
        with self._store.change() as connection:
            record_change(connection, "source", subject, act, by)
