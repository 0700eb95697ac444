"""SNMP agent: answers questions by v2c, as a printer does, from a table of values by object identifier."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pysnmp.proto import api
from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchInstance

Values = Mapping[str, int | bytes]
V2C: Any = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
MOST_VALUES = 200
"""In one answer."""


class SnmpAgent(asyncio.DatagramProtocol):
    """One device.

    Args:
        community: what whoever asks has to know; a question with another one has no answer.
        values: gives the device's values now; `None`: it does not answer.
    """

    def __init__(self, community: str, values: Callable[[], Values | None]) -> None:
        self._community = community
        self._values = values
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """The socket is open."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Answer a question; what is none has no answer."""
        values = self._values()
        if values is None or self._transport is None:
            return
        try:
            asked, _ = decoder.decode(data, asn1Spec=V2C.Message())
        except PyAsn1Error:
            return
        if bytes(V2C.apiMessage.get_community(asked)) != self._community.encode():
            return
        answer = V2C.apiMessage.get_response(asked)
        question, response = V2C.apiMessage.get_pdu(asked), V2C.apiMessage.get_pdu(answer)
        V2C.apiPDU.set_varbinds(response, [(name, _written(value)) for name, value in _found(question, values)])
        self._transport.sendto(encoder.encode(answer), addr)


def _found(question: Any, values: Values) -> list[tuple[str, Any]]:
    names = [str(name) for name, _ in V2C.apiPDU.get_varbinds(question)]
    if question.isSameTypeWith(V2C.GetRequestPDU()):
        return [(name, values.get(name, NoSuchInstance())) for name in names]
    times = 1
    if question.isSameTypeWith(V2C.GetBulkRequestPDU()):
        times = int(V2C.apiBulkPDU.get_max_repetitions(question))
    ordered, found = sorted(values, key=_parts), list[tuple[str, Any]]()
    for _ in range(min(times, MOST_VALUES // max(1, len(names)))):
        following = [next((one for one in ordered if _parts(one) > _parts(name)), None) for name in names]
        names = [new or old for new, old in zip(following, names, strict=True)]
        found += [(name, values[new] if new else EndOfMibView()) for name, new in zip(names, following, strict=True)]
    return found


def _parts(name: str) -> tuple[int, ...]:
    return tuple(map(int, name.split(".")))


def _written(value: Any) -> Any:
    return (
        V2C.Integer(value) if isinstance(value, int) else V2C.OctetString(value) if isinstance(value, bytes) else value
    )
