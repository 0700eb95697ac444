"""Reach: to which addresses a source that was set up in the browser may lead us.

Whoever may set an address could make us ask, with our place in the network, what they cannot reach themselves. An administrator may
do that within bounds: never this PC, never addresses that clouds and routers keep for themselves, and where the install names
networks only those. Whoever sets variables on the PC has no such bounds.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ingest.contract.errors import InvalidInput
from ingest.contract.label import Label

Network = IPv4Network | IPv6Network

DATABASES = ("postgresql", "mysql", "mariadb", "mssql", "oracle")
"""Kinds of databases that have an address; one that is a file of this PC is not a source of the browser's."""

_NEVER = [
    ip_network(one) for one in ("100.100.100.200/32", "fd00:ec2::254/128", "64:ff9b::/96", "2002::/16", "2001::/32")
]
"""Metadata services outside of the link, and addresses that hide another one."""


class ForbiddenAddress(InvalidInput):
    """An address that may not be asked; the label says why, and what to do."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.label = Label(vi, en)


def check_reach(url: str, allowed: Sequence[Network], resolve: Callable[[str], list[str]] | None = None) -> None:
    """See that a source's address may be asked.

    Args:
        url: of a REST interface or a database.
        allowed: the networks that the install names; none: all but those that are never allowed.
        resolve: gives a name's addresses; the system's, if left out.

    Raises:
        ForbiddenAddress: it may not, is none, or its name is not known.
    """
    check_host(_host(url), allowed, resolve)


def check_host(host: str, allowed: Sequence[Network], resolve: Callable[[str], list[str]] | None = None) -> None:
    """See that a host may be asked; as `check_reach`."""
    try:
        found = (resolve or _resolved)(host)
    except OSError:
        found = []
    if not found:
        raise ForbiddenAddress(f"không tìm thấy máy {host}", f"there is no host {host}")
    for text in found:
        address = ip_address(text.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        if not _is_allowed(address, allowed):
            raise ForbiddenAddress(
                f"địa chỉ {address} không được phép: máy này và địa chỉ dành riêng bị cấm, hoặc nằm ngoài IOC_CONNECTORS_REACHABLE",
                f"the address {address} is not allowed: this PC and reserved addresses are not, or it is outside IOC_CONNECTORS_REACHABLE",
            )


def _is_allowed(address: IPv4Address | IPv6Address, allowed: Sequence[Network]) -> bool:
    if allowed:
        return any(address in network for network in allowed)
    reserved = (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
    )
    return not reserved and not any(address in network for network in _NEVER)


def _host(url: str) -> str:
    from sqlalchemy import make_url  # only now: it takes 20 MB, and most wards never give an address
    from sqlalchemy.exc import ArgumentError

    try:
        parts = make_url(url)
        kind, host = parts.get_backend_name(), parts.host or ""
        has_more = bool(parts.username or parts.password or parts.query)
    except (ArgumentError, ValueError, ImportError):
        kind, host, has_more = "", "", False
    if kind not in ("http", "https", "sftp", *DATABASES) or not host or has_more:
        raise ForbiddenAddress(
            "cần dạng https://máy, sftp://máy/thư-mục hoặc postgresql+psycopg://máy/cơ-sở-dữ-liệu, không kèm tài khoản, mật khẩu hay tham số",
            "it has the form https://host, sftp://host/folder or postgresql+psycopg://host/database, without account, password or parameters",
        )
    return host


def _resolved(host: str) -> list[str]:
    return sorted({str(one[4][0]) for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})
