"""The messages between the service and its workers: frames of one letter, a length (4 bytes, big-endian) and a body.

A worker sends READY first. It answers a request with one HEAD, any number of DATA and END; or FAULT where it cannot.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

HEAD, DATA, END, FAULT, READY = b"H", b"D", b"E", b"F", b"R"
CHUNK_BYTES = 64 * 1024
_FRAME_HEADER = struct.Struct(">cI")
FRAME_HEADER_BYTES = _FRAME_HEADER.size


def pack_frame(kind: bytes, body: bytes = b"") -> bytes:
    """Return a frame of the kind HEAD, DATA, END, FAULT or READY."""
    return _FRAME_HEADER.pack(kind, len(body)) + body


def pack_json_frame(kind: bytes, value: Any) -> bytes:
    """Return a frame whose body is `value` as JSON."""
    return pack_frame(kind, json.dumps(value, ensure_ascii=False).encode())


def unpack_frame_header(head: bytes) -> tuple[bytes, int]:
    """Return the kind of a frame and the length of its body, from its first FRAME_HEADER_BYTES bytes."""
    kind, length = _FRAME_HEADER.unpack(head)
    return kind, length


def receive_frame(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    """Return the kind and body of the next frame of `stream`, None at its end."""
    head = stream.read(FRAME_HEADER_BYTES)
    if len(head) < FRAME_HEADER_BYTES:
        return None
    kind, length = unpack_frame_header(head)
    return kind, stream.read(length)


class FrameWriter:
    """A writable file whose bytes become DATA frames of at most CHUNK_BYTES."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._buffer = stream, bytearray()

    def write(self, data: bytes) -> int:
        """Write `data` and return its length."""
        self._buffer += data
        while len(self._buffer) >= CHUNK_BYTES:
            self._stream.write(pack_frame(DATA, bytes(self._buffer[:CHUNK_BYTES])))
            del self._buffer[:CHUNK_BYTES]
        return len(data)

    def close(self) -> None:
        """Write the rest as a frame."""
        if self._buffer:
            self._stream.write(pack_frame(DATA, bytes(self._buffer)))
            self._buffer.clear()

    def flush(self) -> None:
        """Do nothing: a frame is written when it is full. GzipFile calls this."""
