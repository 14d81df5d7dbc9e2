"""Reading the body of an answer: whole, decoded, and up to a size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from eaglet.exceptions import InvalidEnvelope

_PIECE: Final = 64 * 1024
# Only one at a time: a few kilobytes that are compressed several times over could be gigabytes.
_ENCODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


def read_body(raw: Any, headers: Mapping[str, str], limit: int, host: str) -> bytes:
    """The decoded body.

    Args:
        raw: urllib3's response, or any file.
        headers: the answer's.
        limit: bytes, decoded.
        host: for messages.

    Raises InvalidEnvelope for a body that is larger than `limit`, before reading it where it says
    so itself, or is encoded in a way that was not asked for.
    """
    encoding = headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise InvalidEnvelope(f"the answer of {host} has an encoding that was not asked for")
    declared = headers.get("Content-Length", "")
    if declared.isdecimal() and len(declared) < 20:
        if int(declared) > limit:
            raise _too_large(host, limit)
        if not encoding and not getattr(raw, "chunked", True):
            body: bytes = raw.read()
            return body
    first = b""
    # One buffer, as a service may send a byte at a time.
    rest: bytearray | None = None
    for piece in _pieces(raw):
        if len(first if rest is None else rest) + len(piece) > limit:
            raise _too_large(host, limit)
        if not first:
            first = piece
        elif rest is None:
            rest = bytearray(first + piece)
        else:
            rest += piece
    return first if rest is None else bytes(rest)


def _pieces(raw: Any) -> Iterator[bytes]:
    stream = getattr(raw, "stream", None)
    if stream is not None:
        pieces: Iterator[bytes] = stream(_PIECE, decode_content=True)
        return pieces
    # Of an adapter of somebody's own.
    return iter(partial(raw.read, _PIECE), b"")


def _too_large(host: str, limit: int) -> InvalidEnvelope:
    return InvalidEnvelope(f"the answer of {host} is larger than {limit} bytes")
