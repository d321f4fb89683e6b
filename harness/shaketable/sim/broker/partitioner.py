"""Kafka's default partitioner, so that a schedule means the same on a real broker."""

from __future__ import annotations

from functools import lru_cache

_SEED = 0x9747B28C
_MIX = 0x5BD1E995
_UINT32 = 0xFFFFFFFF
_INT31 = 0x7FFFFFFF


@lru_cache(maxsize=4096)
def partition_of(key: str, partitions: int) -> int:
    """Return the partition, from 0, of records with this key in a topic of `partitions` partitions.

    Kafka hashes the key's bytes, clears the sign bit and takes the remainder.
    """
    return 0 if partitions == 1 else (murmur2(key.encode()) & _INT31) % partitions


def murmur2(data: bytes) -> int:
    """Return MurmurHash2 (Austin Appleby) of `data`: 32 bits, with the seed Kafka's clients use; not negative."""
    whole = len(data) & ~3
    digest = _SEED ^ len(data)
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * _MIX & _UINT32
        word = (word ^ word >> 24) * _MIX & _UINT32
        digest = digest * _MIX & _UINT32 ^ word
    if whole < len(data):
        digest = (digest ^ int.from_bytes(data[whole:], "little")) * _MIX & _UINT32
    digest = (digest ^ digest >> 13) * _MIX & _UINT32
    return digest ^ digest >> 15
