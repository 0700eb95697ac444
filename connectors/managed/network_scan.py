"""Network scan: one that an administrator starts, at most one at a time; what it finds is kept until the next, and goes nowhere by itself."""

import asyncio
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network
from threading import Lock, Thread
from typing import TYPE_CHECKING

from pydantic import SecretStr

from ingest.administration.message import FoundDevice, ScanState, SourceRefused
from ingest.contract.label import Label
from ingest.probe.scan import ScanFinding, ScanRefused, checked_network, own_networks, scan
from ingest.probe.snmp_secret import read_secret

if TYPE_CHECKING:
    from ingest.probe.snmp import SnmpSession


class NetworkScan:
    """The scan of one install.

    Args:
        allowed: networks that may be scanned besides those of this PC.
        key: gives what devices are asked with by SNMP, if there is anything.
    """

    def __init__(self, allowed: Sequence[IPv4Network | IPv6Network], key: Callable[[], SecretStr | None]) -> None:
        self._allowed = allowed
        self._key = key
        self._lock = Lock()
        self._state = ScanState()

    def state(self) -> ScanState:
        """How far it is, and what was found."""
        with self._lock:
            return self._state.model_copy(update={"networks": tuple(map(str, own_networks()))})

    def start(self, network: str) -> ScanState:
        """Begin.

        Raises:
            SourceRefused: one is at work, or the network may not be scanned.
        """
        try:
            chosen = checked_network(network, self._allowed)
        except ScanRefused as error:
            raise SourceRefused(error.label) from None
        with self._lock:
            if self._state.is_running:
                raise SourceRefused(
                    Label("Đang quét một mạng: đợi xong đã.", "A network is being scanned: wait until it is done.")
                )
            self._state = ScanState(network=str(chosen), is_running=True, of=sum(1 for _ in chosen.hosts()))
        Thread(target=self._run, args=(chosen,), name="network scan", daemon=True).start()
        return self.state()

    def _run(self, network: IPv4Network) -> None:
        try:
            asyncio.run(self._scan(network))
        finally:
            with self._lock:
                self._state = self._state.model_copy(update={"is_running": False})

    async def _scan(self, network: IPv4Network) -> None:
        session = self._session()
        try:
            await scan(network, session, self._take)
        finally:
            if session is not None:
                session.close()

    def _session(self) -> "SnmpSession | None":
        key = self._key()
        if key is None:
            return None
        from ingest.probe.snmp import SnmpSession  # only now: pysnmp is large

        return SnmpSession(read_secret(key.get_secret_value()))

    def _take(self, found: ScanFinding | None) -> None:
        with self._lock:
            more = () if found is None else (FoundDevice(**found._asdict()),)
            self._state = self._state.model_copy(
                update={"asked": self._state.asked + 1, "found": (*self._state.found, *more)}
            )
