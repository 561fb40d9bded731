"""Frames: messages between the service and its workers, over pipes: a letter, a length, bytes."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

HEAD, DATA, END, FAULT, READY = b"H", b"D", b"E", b"F", b"R"
CHUNK = 64 * 1024
_SHAPE = struct.Struct(">cI")
SIZE = _SHAPE.size


def packed(kind: bytes, body: bytes = b"") -> bytes:
    """Return one frame."""
    return _SHAPE.pack(kind, len(body)) + body


def packed_json(kind: bytes, value: Any) -> bytes:
    """Return one frame of JSON."""
    return packed(kind, json.dumps(value, ensure_ascii=False).encode())


def unpacked(head: bytes) -> tuple[bytes, int]:
    """Return the kind of a frame and the length of its body, from its first SIZE bytes."""
    kind, length = _SHAPE.unpack(head)
    return kind, length


def read_frame(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    """Return the next frame of `stream`, None at its end."""
    head = stream.read(SIZE)
    if len(head) < SIZE:
        return None
    kind, length = unpacked(head)
    return kind, stream.read(length)


class FrameWriter:
    """A file whose bytes go out as frames of at most CHUNK."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._held = stream, bytearray()

    def write(self, data: bytes) -> int:
        """Take `data`; return its length."""
        self._held += data
        while len(self._held) >= CHUNK:
            self._stream.write(packed(DATA, bytes(self._held[:CHUNK])))
            del self._held[:CHUNK]
        return len(data)

    def close(self) -> None:
        """Send what is left."""
        if self._held:
            self._stream.write(packed(DATA, bytes(self._held)))
            self._held.clear()

    def flush(self) -> None:
        """Wait for nothing: frames go out when they are full."""
