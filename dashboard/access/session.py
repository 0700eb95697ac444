"""Session: who has logged in. Kept on the server, so that a log-in can be ended here, and in a file, so that it outlives a restart."""

import hashlib
import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from itsdangerous import BadSignature, Signer

from dashboard.access.accounts import Account, Accounts
from dashboard.settings import BoardSettings
from ingest.runtime.durable import replace_file

_WRITE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class LoginSession:
    """One log-in."""

    name: str
    began_at: datetime
    used_at: datetime


class Sessions:
    """The log-ins of this install. Of a log-in's id only a hash is kept; the cookie carries it signed."""

    def __init__(self, settings: BoardSettings, accounts: Accounts) -> None:
        self._accounts = accounts
        self._idle, self._longest = settings.session_idle, settings.session_longest
        self._signer = Signer(
            settings.session_secret.get_secret_value(), salt="ward-ioc-session", digest_method=hashlib.sha256
        )
        self._path = settings.folder / "sessions.json"
        self._written_at: datetime | None = None
        self._sessions = self._read()

    def begin(self, name: str, now: datetime) -> str:
        """Log a person in.

        Returns:
            The cookie's value.
        """
        token = secrets.token_urlsafe(32)
        self._sessions = {key: one for key, one in self._sessions.items() if self._account(one, now)}
        self._sessions[_key(token)] = LoginSession(name, now, now)
        self._write(now)
        return self._signer.sign(token).decode()

    def key(self, cookie: str) -> str | None:
        """The id under which a cookie's log-in is kept; `None` when the cookie is not ours."""
        try:
            return _key(self._signer.unsign(cookie).decode())
        except (BadSignature, UnicodeError):
            return None

    def account(self, key: str, now: datetime, *, used: bool = True) -> Account | None:
        """Whose log-in it is; `None` when it has ended, expired, or the account was removed or got a new password.

        Args:
            key: the log-in's id.
            now: the present.
            used: whether this is the person's own doing, which keeps the log-in from expiring.
        """
        session = self._sessions.get(key)
        account = self._account(session, now) if session else None
        if session is None or account is None:
            return None
        if used:
            self._sessions[key] = replace(session, used_at=now)
            if self._written_at is None or now - self._written_at > _WRITE_EVERY:
                self._write(now)
        return account

    def end(self, key: str, now: datetime) -> None:
        """Log a person out."""
        if self._sessions.pop(key, None):
            self._write(now)

    def _account(self, session: LoginSession, now: datetime) -> Account | None:
        """Whose log-in it is, unless it has ended."""
        account = self._accounts.all().get(session.name)
        if account is None or account.changed_at > session.began_at:
            return None
        is_alive = now - session.used_at < self._idle and now - session.began_at < self._longest
        return account if is_alive else None

    def _read(self) -> dict[str, LoginSession]:
        try:
            rows = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        return {
            row["key"]: LoginSession(
                row["name"], datetime.fromisoformat(row["began_at"]), datetime.fromisoformat(row["used_at"])
            )
            for row in rows
        }

    def _write(self, now: datetime) -> None:
        rows = [
            {"key": key, "name": one.name, "began_at": one.began_at.isoformat(), "used_at": one.used_at.isoformat()}
            for key, one in self._sessions.items()
        ]
        replace_file(self._path, json.dumps(rows))
        self._written_at = now


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
