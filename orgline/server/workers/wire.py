"""Frames: messages between the service and its workers, over pipes: a letter, a length, bytes."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

HEAD, DATA, END, FAULT, READY = b"H", b"D", b"E", b"F", b"R"
CHUNK_BYTES = 64 * 1024
_FRAME_HEADER = struct.Struct(">cI")
FRAME_HEADER_BYTES = _FRAME_HEADER.size


def pack_frame(kind: bytes, body: bytes = b"") -> bytes:
    """Return one frame."""
    return _FRAME_HEADER.pack(kind, len(body)) + body


def pack_json_frame(kind: bytes, value: Any) -> bytes:
    """Return one frame of JSON."""
    return pack_frame(kind, json.dumps(value, ensure_ascii=False).encode())


def unpack_frame_header(head: bytes) -> tuple[bytes, int]:
    """Return the kind of a frame and the length of its body, from its first SIZE bytes."""
    kind, length = _FRAME_HEADER.unpack(head)
    return kind, length


def receive_frame(stream: BinaryIO) -> tuple[bytes, bytes] | None:
    """Return the next frame of `stream`, None at its end."""
    head = stream.read(FRAME_HEADER_BYTES)
    if len(head) < FRAME_HEADER_BYTES:
        return None
    kind, length = unpack_frame_header(head)
    return kind, stream.read(length)


class FrameWriter:
    """A file whose bytes go out as frames of at most CHUNK."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._held = stream, bytearray()

    def write(self, data: bytes) -> int:
        """Take `data`; return its length."""
        self._held += data
        while len(self._held) >= CHUNK_BYTES:
            self._stream.write(pack_frame(DATA, bytes(self._held[:CHUNK_BYTES])))
            del self._held[:CHUNK_BYTES]
        return len(data)

    def close(self) -> None:
        """Send what is left."""
        if self._held:
            self._stream.write(pack_frame(DATA, bytes(self._held)))
            self._held.clear()

    def flush(self) -> None:
        """Wait for nothing: frames go out when they are full."""
