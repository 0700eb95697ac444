"""Pipe: how the front and a replica talk: frames over a pair of sockets, each a kind, a length and that many bytes.

What a replica answers to a client is already in the client's own protocol; each frame of it is a number of whole packets.
"""

import json
import socket
import struct
from enum import IntEnum
from typing import Any

from warehouse.server.native.wire import Bytes, SocketWriter

_HEAD = struct.Struct("!BI")
_LONGEST_MESSAGE = 64 * 1024 * 1024


class Kind(IntEnum):
    """What a frame is: `SETUP`, `QUESTION` and `END` go to the replica, the others come from it."""

    SETUP = 1
    QUESTION = 2
    END = 3
    READY = 4
    PACKETS = 5
    REFUSED = 6
    ANSWERED = 7


def send_frame(connection: socket.socket, kind: Kind, message: object = None) -> None:
    """Send a frame with a message that JSON can carry."""
    body = json.dumps(message).encode()
    connection.sendall(_HEAD.pack(kind, len(body)) + body)


def receive_head(connection: socket.socket) -> tuple[Kind, int]:
    """Kind and length of the next frame.

    Raises:
        EOFError: the other side is gone.
        ValueError: it is not a frame.
    """
    kind, size = _HEAD.unpack(_exactly(connection, _HEAD.size))
    return Kind(kind), size


def receive_message(connection: socket.socket, size: int) -> Any:
    """The message of a frame, after its head.

    Raises:
        EOFError: the other side is gone.
        ValueError: it is not a message.
    """
    if size > _LONGEST_MESSAGE:
        raise ValueError(f"a message of {size} bytes")
    return json.loads(_exactly(connection, size))


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(min(size - len(parts), 1024 * 1024))
        if not part:
            raise EOFError("the other side of the pipe is gone")
        parts += part
    return bytes(parts)


class PacketWriter(SocketWriter):
    """A writer for whoever answers a client through the front: what is put at once arrives as one frame."""

    def put(self, *parts: Bytes) -> None:
        """Send whole packets; blocks while the front does not take them."""
        self._connection.sendall(_HEAD.pack(Kind.PACKETS, sum(map(len, parts))))
        for part in parts:
            self._connection.sendall(part)

    def flush(self) -> None:
        """Nothing waits."""
