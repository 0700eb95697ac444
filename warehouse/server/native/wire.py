"""Wire: bounded reading from a client's socket, and writing to it."""

import select
import socket

from clickhouse_driver.bufferedreader import BufferedReader

from ingest.contract.errors import InvalidInput

_BUFFER = 64 * 1024
_LONGEST_VARINT = 10
_STRINGS_AT_ONCE = 16 * 1024

Bytes = bytes | memoryview


class MalformedPacketError(InvalidInput):
    """Bytes that are no valid packet; they cost the client its connection."""


def varint(value: int) -> bytes:
    """An unsigned number of variable length."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


class SocketReader(BufferedReader):  # type: ignore[misc]
    """A socket read through the driver's own compiled reader, which can keep the bytes of a block while it is walked.

    Args:
        connection: the client's socket.
        largest_block: how many bytes may be kept at once.
    """

    buffer: bytearray
    position: int
    current_buffer_size: int

    def __init__(self, connection: socket.socket, largest_block: int) -> None:
        super().__init__(_BUFFER)
        self._connection = connection
        self._largest_block = largest_block
        self._kept: list[bytes] | None = None
        self._kept_bytes = 0
        self._from = 0

    @property
    def has_more(self) -> bool:
        """Whether bytes wait in the buffer that nobody asked for yet."""
        return bool(self.position < self.current_buffer_size)

    def read_into_buffer(self) -> None:
        """Fill the buffer; called, also from compiled code, when all of it is read.

        Raises:
            EOFError: the client is gone.
            MalformedPacketError: a block is larger than allowed.
        """
        if self._kept is not None:
            part = bytes(memoryview(self.buffer)[self._from : self.current_buffer_size])
            self._kept.append(part)
            self._kept_bytes += len(part)
            self._from = 0
            if self._kept_bytes > self._largest_block:
                raise MalformedPacketError(f"block of more than {self._largest_block} bytes")
        received = self._connection.recv_into(self.buffer)
        if not received:
            raise EOFError("client closed the connection")
        self.current_buffer_size = received

    def peek(self) -> int | None:
        """The next byte if it is there already, without taking it; for another thread, while this one does not read.

        Raises:
            EOFError: the client is gone.
        """
        if self.has_more:
            return self.buffer[self.position]
        # A socket with a time-out waits even where it is told not to: so look first.
        look = select.poll()
        look.register(self._connection, select.POLLIN)
        if not look.poll(0):
            return None
        waiting = self._connection.recv(1, socket.MSG_PEEK)
        if not waiting:
            raise EOFError("client closed the connection")
        return waiting[0]

    def keep(self) -> None:
        """Start to keep what is read."""
        self._kept, self._kept_bytes, self._from = [], 0, self.position

    def kept(self) -> bytes:
        """What was read since `keep`; ends the keeping."""
        parts, self._kept = self._kept or [], None
        parts.append(bytes(memoryview(self.buffer)[self._from : self.position]))
        return b"".join(parts)

    def varint(self) -> int:
        """An unsigned number of variable length."""
        value = shift = 0
        for _ in range(_LONGEST_VARINT):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise MalformedPacketError("number too long")

    def text(self, longest: int) -> str:
        """A string of at most `longest` bytes of UTF-8."""
        size = self.varint()
        if size > longest:
            raise MalformedPacketError(f"string of {size} bytes where {longest} are allowed")
        try:
            return bytes(self.read(size)).decode() if size else ""
        except UnicodeDecodeError:
            raise MalformedPacketError("string is not UTF-8") from None

    def byte(self) -> int:
        """One byte."""
        return int(self.read_one())

    def number(self) -> int:
        """Read a UInt64."""
        return int.from_bytes(self.read(8), "little")

    def skip(self, size: int) -> None:
        """Go past `size` bytes without looking at them."""
        while size:
            if self.position == self.current_buffer_size:
                self.read_into_buffer()
                self.position = 0
            step = min(size, self.current_buffer_size - self.position)
            self.position += step
            size -= step

    def skip_strings(self, count: int) -> None:
        """Go past `count` strings, at the speed of compiled code."""
        while count:
            step = min(count, _STRINGS_AT_ONCE)
            try:
                self.read_strings(step)
            except SystemError:  # the compiled reader's answer to a negative length
                raise MalformedPacketError("string of impossible length") from None
            count -= step


class BytesReader(SocketReader):
    """The same over bytes in memory, to walk a block that the engine wrote."""

    def __init__(self, block: Bytes) -> None:
        super().__init__(None, 0)  # type: ignore[arg-type]
        self.buffer = bytearray(block)
        self.current_buffer_size = len(self.buffer)

    def read_into_buffer(self) -> None:
        """There is no more than the bytes given."""
        raise MalformedPacketError("block ends too early")


class SocketWriter:
    """Packets on their way to a client: small ones sent together, large ones as they are."""

    _LARGE = 64 * 1024

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._waiting: list[Bytes] = []
        self._size = 0

    def put(self, *parts: Bytes) -> None:
        """Add bytes; sends when enough are waiting, which blocks while the client does not read."""
        for part in parts:
            if len(part) >= self._LARGE:
                self.flush()
                self._connection.sendall(part)
            else:
                self._waiting.append(bytes(part))
                self._size += len(part)
        if self._size >= self._LARGE:
            self.flush()

    def pass_on(self, part: Bytes, seconds: float) -> None:
        """Send bytes as they are, within so much time.

        Raises:
            OSError: the client is gone, or did not take them in time.
        """
        self.flush()
        patience = self._connection.gettimeout()
        self._connection.settimeout(seconds)
        try:
            self._connection.sendall(part)
        finally:
            self._connection.settimeout(patience)

    def flush(self) -> None:
        """Send what is waiting."""
        waiting, self._waiting, self._size = self._waiting, [], 0
        if waiting:
            self._connection.sendall(b"".join(waiting))
