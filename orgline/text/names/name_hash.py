"""Salted hashes of names: a name can be recognized in a text, but not read from the file that holds its hash.

A short, cheap tag is compared before the slow hash, so that checking a text with a million other words stays quick.
This hides a name from whoever reads, searches or copies the file, not from someone with a list of names and patience:
the tag of 14 bits excludes all but every 16,384th name, the slow hash decides about the rest.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

# scrypt needs 128 * cost * block size bytes: 16 MiB, and some 50 ms, a word. More would slow each build noticeably.
_SCRYPT_COST, _SCRYPT_BLOCK_SIZE = 2**14, 8
_TAG_BITS = 14
_HASH_BYTES = 16


def new_salt() -> str:
    """Return a new random salt of 16 bytes, in hexadecimal."""
    return secrets.token_hex(_HASH_BYTES)


@dataclass
class NameHash:
    """Hashes words with one salt (hexadecimal); remembers the slow hashes that it has computed."""

    salt: str
    _slow_hashes: dict[str, bytes] = field(default_factory=dict)

    def tag(self, word: str) -> str:
        """Return the tag of `word`, four hexadecimal digits of 14 bits; many words share it."""
        digest = hashlib.blake2b(word.encode(), digest_size=2, key=self.salt.encode()).digest()
        return f"{int.from_bytes(digest, 'big') & (2**_TAG_BITS - 1):04x}"

    def hash(self, word: str, spelled: str = "") -> str:
        """Return the slow hash of `word` in its spelling `spelled`, in hexadecimal.

        Spellings of one word share the slow part: a further one costs nothing.
        """
        if word not in self._slow_hashes:
            self._slow_hashes[word] = hashlib.scrypt(
                word.encode(),
                salt=bytes.fromhex(self.salt),
                n=_SCRYPT_COST,
                r=_SCRYPT_BLOCK_SIZE,
                p=1,
                dklen=_HASH_BYTES,
                maxmem=2**26,  # 64 MiB: enough for the 16 MiB needed, whatever default OpenSSL was built with
            )
        return hashlib.blake2b(spelled.encode(), digest_size=_HASH_BYTES, key=self._slow_hashes[word]).hexdigest()

    def tags(self, words: Iterable[str]) -> str:
        """Return the distinct tags of `words`, sorted, separated by spaces."""
        return " ".join(sorted({self.tag(word) for word in words}))
