"""Known places: from which addresses and with which browsers each account has been entered before; outlives restarts."""

import hashlib
import json
import secrets
from datetime import date, datetime, timedelta

from itsdangerous import BadSignature, Signer

from dashboard.access.accounts import Accounts
from dashboard.settings import BoardSettings
from ingest.runtime.durable import replace_file

COOKIE_AGE = timedelta(days=400)
"""As long as browsers keep any cookie."""

_OF_ONE_ACCOUNT = 16
_FORGET_AFTER = timedelta(days=180)


class KnownDevices:
    """From where the accounts of this install have been entered: addresses in a file, browsers by a signed cookie that each keeps."""

    def __init__(self, settings: BoardSettings, accounts: Accounts) -> None:
        self._accounts = accounts
        self._path = settings.folder / "known_addresses.json"
        self._signer = Signer(
            settings.session_secret.get_secret_value(), salt="ward-ioc-browser", digest_method=hashlib.sha256
        )
        self._addresses = self._read()

    def place(self, account: str, address: str, cookie: str, now: datetime) -> str:
        """What is known of a place; empty when this account was not entered from there.

        Args:
            account: its name.
            address: network address of the client.
            cookie: what its browser shows.
            now: the present.
        """
        try:
            name, _, browser = self._signer.unsign(cookie).decode().partition(" ")
        except (BadSignature, UnicodeError):
            name = browser = ""
        if browser and name == account:
            return f"browser {browser}"
        seen = self._addresses.get(account, {}).get(address)
        return f"address {address}" if seen and now.date() - seen < _FORGET_AFTER else ""

    def entered(self, account: str, address: str, now: datetime) -> str:
        """Remember from where an account was entered.

        Returns:
            The cookie for its browser.
        """
        of_it = self._addresses.get(account, {})
        if of_it.get(address) != now.date():
            newest = sorted({**of_it, address: now.date()}.items(), key=lambda entry: entry[1])[-_OF_ONE_ACCOUNT:]
            kept = {name: places for name, places in self._addresses.items() if name in self._accounts.all()}
            self._addresses = {**kept, account: dict(newest)}
            rows = {name: {at: day.isoformat() for at, day in of.items()} for name, of in self._addresses.items()}
            replace_file(self._path, json.dumps(rows, indent=1))
        return self._signer.sign(f"{account} {secrets.token_urlsafe(16)}").decode()

    def _read(self) -> dict[str, dict[str, date]]:
        try:
            rows = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        return {name: {at: date.fromisoformat(day) for at, day in of.items()} for name, of in rows.items()}
