"""Sealed: words that can be recognized again but not read, kept as salted slow hashes.

Before the slow hash a cheap, short tag is compared, so that a million other words cost little. What is sealed is
hidden from whoever reads, searches or copies the file, not from somebody who has a list of names and patience: the
tag tells apart one name in 16,384, and the slow hash the rest.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

_SCRYPT_COST, _SCRYPT_BLOCK_SIZE = 2**14, 8
_TAG_BITS = 14
_HASH_BYTES = 16


def new_salt() -> str:
    """Return a new salt, as text."""
    return secrets.token_hex(_HASH_BYTES)


@dataclass
class NameHash:
    """A salt, with which words are sealed and recognized; what was worked out once is remembered."""

    salt: str
    _known: dict[str, bytes] = field(default_factory=dict)

    def tag(self, word: str) -> str:
        """Return the cheap, short tag of `word`; many words have the same."""
        digest = hashlib.blake2b(word.encode(), digest_size=2, key=self.salt.encode()).digest()
        return f"{int.from_bytes(digest, 'big') & (2**_TAG_BITS - 1):04x}"

    def hash(self, word: str, spelled: str = "") -> str:
        """Return the slow hash of `word` as it is `spelled`: some 50 ms and 16 MiB a word, so that guessing costs."""
        if word not in self._known:
            self._known[word] = hashlib.scrypt(
                word.encode(),
                salt=bytes.fromhex(self.salt),
                n=_SCRYPT_COST,
                r=_SCRYPT_BLOCK_SIZE,
                p=1,
                dklen=_HASH_BYTES,
                maxmem=2**26,
            )
        return hashlib.blake2b(spelled.encode(), digest_size=_HASH_BYTES, key=self._known[word]).hexdigest()

    def tags(self, words: Iterable[str]) -> str:
        """Return the tags of `words`, sorted, as one cell."""
        return " ".join(sorted({self.tag(word) for word in words}))
