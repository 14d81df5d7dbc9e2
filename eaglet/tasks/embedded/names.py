"""What a queue or an exchange is called on disk."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Final

_PLAIN: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_-@.")
_LONGEST: Final = 160
_KEPT: Final = 80


@lru_cache(maxsize=4096)
def file_name(name: str) -> str:
    """A file name for any name: no two names share one, and none leads out of its folder.

    Whatever is not plain is written as %xx, capitals too, because not every file system tells
    them from small letters. What gets too long, of the 255 bytes a file name may have, ends in
    a digest instead.
    """
    encoded = name.encode("utf-8", "surrogatepass")
    quoted = "".join(
        chr(byte) if byte in _PLAIN and not (position == 0 and byte == ord(".")) else f"%{byte:02x}"
        for position, byte in enumerate(encoded)
    )
    if quoted and len(quoted) <= _LONGEST:
        return quoted
    # No quoted name has a "=" in it, so that this is never another name's.
    return f"{quoted[:_KEPT]}={sha256(encoded).hexdigest()}"
