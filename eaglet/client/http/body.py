"""Read the body of an answer: whole, decoded, and up to a size."""

from typing import Final

from urllib3.response import BaseHTTPResponse

from eaglet.exceptions import InvalidEnvelope

_PIECE: Final = 64 * 1024
# Only one at a time: a few kilobytes that are compressed several times over could be gigabytes.
_ENCODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


def read_body(response: BaseHTTPResponse, limit: int, host: str) -> bytes:
    """Return the decoded body of an answer that is unread yet.

    Raises InvalidEnvelope for one that is larger than `limit` bytes, before reading it where it
    says so itself, or is encoded in a way that was not asked for.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise InvalidEnvelope(f"the answer of {host} has an encoding that was not asked for")
    declared = response.headers.get("Content-Length", "")
    if declared.isdecimal() and len(declared) < 20:
        if int(declared) > limit:
            raise _too_large(host, limit)
        if not encoding and not response.chunked:
            return response.read()
    whole = bytearray()  # one buffer, as a service may send a byte at a time
    for piece in response.stream(_PIECE, decode_content=True):
        if len(whole) + len(piece) > limit:
            raise _too_large(host, limit)
        whole += piece
    return bytes(whole)


def _too_large(host: str, limit: int) -> InvalidEnvelope:
    return InvalidEnvelope(f"the answer of {host} is larger than {limit} bytes")
