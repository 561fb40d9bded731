"""The caches of one service: finished answers by key, and the keys of recent requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cachetools import LRUCache

MAX_REMEMBERED_REQUESTS, MAX_REMEMBERED_BYTES = 4096, 8192
# An answer larger than this share of the cache is not kept, so that a few large ones cannot push out all others.
_MAX_ANSWER_SHARE = 1 / 16
CachedAnswer = tuple[Mapping[str, Any], bytes]


def _body_length(answer: CachedAnswer) -> int:
    return len(answer[1])


class AnswerCache:
    """Keeps the answers used last, each as (head, body), in at most `max_bytes` of bodies."""

    def __init__(self, max_bytes: int) -> None:
        self._answers: LRUCache[str, CachedAnswer] = LRUCache(max_bytes, getsizeof=_body_length)

    def get(self, key: str) -> CachedAnswer | None:
        """Return the head and the body of the answer with `key`, None if it is not kept."""
        return self._answers.get(key)

    def put(self, key: str, head: Mapping[str, Any], body: bytes) -> None:
        """Keep an answer, unless it is too large."""
        if len(body) <= self._answers.maxsize * _MAX_ANSWER_SHARE:
            self._answers[key] = head, body

    def clear(self) -> None:
        """Forget all answers, as when another build is served."""
        self._answers.clear()


class RequestKeyCache:
    """Maps recent requests to the keys of their answers, so that a repeated request need not be parsed."""

    def __init__(self) -> None:
        self._keys: LRUCache[tuple[bytes, ...], str] = LRUCache(MAX_REMEMBERED_REQUESTS)

    def get(self, fingerprint: tuple[bytes, ...]) -> str | None:
        """Return the key of the answer to a request, None if it is not known."""
        return self._keys.get(fingerprint)

    def put(self, fingerprint: tuple[bytes, ...], key: str) -> None:
        """Remember the key of the answer to a request, unless the request is long."""
        if sum(map(len, fingerprint)) <= MAX_REMEMBERED_BYTES:
            self._keys[fingerprint] = key
