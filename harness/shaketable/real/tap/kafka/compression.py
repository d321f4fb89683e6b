"""The compressed bodies of record batches, decompressed as far as addresses need them.

A batch is decompressed up to DECOMPRESSED_MAX_BYTES, which bounds what a hostile one can cost. Of one that was cut off or holds
more the beginning comes out.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

import cramjam

DECOMPRESSED_MAX_BYTES = 1024 * 1024
GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
_XERIAL = b"\x82SNAPPY\x00"  # the framing of snappy-java, which several clients write
_XERIAL_HEADER_BYTES = 16
_LENGTH_BYTES = 4


def decompress(codec: int, body: bytes) -> bytes:
    """Return what `body` holds, perhaps with zeros behind it; empty when it cannot be read."""
    if codec == GZIP:
        try:
            return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, DECOMPRESSED_MAX_BYTES)
        except zlib.error:
            return b""
    if codec == SNAPPY:
        return b"".join(_snappy(body))[:DECOMPRESSED_MAX_BYTES]
    if codec == LZ4:
        return _up_to_the_limit(cramjam.lz4.decompress_into, body)
    if codec == ZSTD:
        return _up_to_the_limit(cramjam.zstd.decompress_into, body)
    return b""


def _up_to_the_limit(decompress_into: Callable[[bytes, bytearray], int], body: bytes) -> bytes:
    """Return what fits; what was decompressed before an error counts."""
    space = bytearray(DECOMPRESSED_MAX_BYTES)
    try:
        return bytes(space[: decompress_into(body, space)])
    except cramjam.DecompressionError:
        return bytes(space)


def _snappy(body: bytes) -> Iterator[bytes]:
    for block in _blocks(body):
        try:
            if cramjam.snappy.decompress_raw_len(block) > DECOMPRESSED_MAX_BYTES:
                return
            yield bytes(cramjam.snappy.decompress_raw(block))
        except cramjam.DecompressionError:
            return


def _blocks(body: bytes) -> Iterator[bytes]:
    if not body.startswith(_XERIAL):
        yield body
        return
    at = _XERIAL_HEADER_BYTES
    while at + _LENGTH_BYTES <= len(body):
        end = at + _LENGTH_BYTES + int.from_bytes(body[at : at + _LENGTH_BYTES], "big")
        yield body[at + _LENGTH_BYTES : end]
        at = end
