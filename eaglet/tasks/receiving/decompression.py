"""Bound what a compressed message becomes, before it is unpacked."""

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Any, Final

from kombu import compression

from eaglet.exceptions import InvalidMessage

_LZMA_BYTES: Final = 64 * 1024 * 1024


def bound_decompression(most_bytes: Callable[[], int]) -> None:
    """Have kombu unpack no more than `most_bytes()` of a message, in this process.

    A message that would take more, or is packed by what can't be bounded, is one that can't be
    read.
    """
    bounded: dict[str, Callable[[], Any]] = {
        "application/x-gzip": zlib.decompressobj,
        "application/x-bz2": bz2.BZ2Decompressor,
        "application/x-lzma": lambda: lzma.LZMADecompressor(memlimit=_LZMA_BYTES),
    }
    for content_type in compression.encoders():
        make = bounded.get(content_type)
        known: Any = compression.get_encoder(content_type)  # whose stub forgets the name
        encoder, _ = known
        compression.register(
            encoder,
            _unbounded if make is None else _decoder(make, most_bytes),
            content_type,
        )


def _decoder(make: Callable[[], Any], most_bytes: Callable[[], int]) -> Callable[[bytes], bytes]:
    def decompress(body: bytes | str) -> bytes:
        unpacker, most = make(), most_bytes()
        packed = body.encode("latin-1") if isinstance(body, str) else body
        unpacked: bytes = unpacker.decompress(packed, most)
        if not unpacker.eof:
            raise InvalidMessage(f"it takes more than {most} bytes unpacked, or has no end")
        return unpacked

    return decompress


def _unbounded(body: bytes) -> bytes:
    raise InvalidMessage("it is packed by what can't be unpacked within bounds")
