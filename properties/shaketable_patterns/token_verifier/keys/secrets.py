"""The secret numbers of each generation of keys, made anew from hashes. Only how far the next prime is from a hash is written down."""

from __future__ import annotations

import hashlib
from functools import cache
from math import prod

from shaketable_patterns.token_verifier.keys import curve

PRIME_BYTES = 32
"""Eight primes of 256 bits: no verifier can tell, and a signature costs a fraction of one by two of 1,024 bits."""
_AHEAD = {
    "a": (90, 84, 112, 30, 238, 196, 2, 40),
    "b": (84, 120, 84, 190, 276, 12, 242, 724),
    "x": (62, 46, 24, 10, 92, 118, 326, 56),
    "odd": (130, 474, 94, 118, 62, 348, 14, 154),
    "short": (0, 80, 210, 272),
}
"""How far each prime is behind the hash that is its first guess, by generation."""
_ROCA_PRIMES = 126
_ROCA_TRIES = (18, 6)
"""The first hashes of which a prime of that form comes."""


class RsaNumbers:
    """A modulus `n` of some primes, the public exponent `e`, and `size`, how many bytes a signature has."""

    def __init__(self, *primes: int, e: int = 65_537) -> None:
        self.n = prod(primes)
        self.e = e
        self.size = (self.n.bit_length() + 7) // 8
        self._parts = tuple(
            (p, pow(e, -1, p - 1), self.n // p * pow(self.n // p, -1, p)) for p in primes if e > 1
        )

    def power(self, number: int) -> int:
        """Raise a number to the secret exponent, by each prime apart, as that is quicker."""
        return (
            sum(pow(number, d, p) * weight for p, d, weight in self._parts) % self.n
            if self._parts
            else number
        )


@cache
def rsa(generation: str) -> RsaNumbers:
    """Return a key of 2048 bits.

    `short` has 1024, `roca` primes of the form that broken smart cards made (CVE-2017-15361), `one` the public exponent 1. Those that are
    odd in another way have the numbers of a key of their own.
    """
    if generation == "roca":
        return RsaNumbers(*(_roca_prime(f"roca {p} {n}") for p, n in zip("pq", _ROCA_TRIES, strict=True)))
    if generation == "one":
        return RsaNumbers(rsa("odd").n, e=1)
    if generation not in _AHEAD:
        return rsa("odd")
    ahead = enumerate(_AHEAD[generation])
    return RsaNumbers(
        *(
            _first(f"rsa {'weak' if generation == 'short' else generation} {place}") + further
            for place, further in ahead
        )
    )


@cache
def scalar(generation: str) -> int:
    """Return the secret number of a key on P-256."""
    return int.from_bytes(hashed(f"curve {generation}", 32), "big") % (curve.N - 1) + 1


@cache
def shared(generation: str) -> bytes:
    """Return a shared secret of 64 bytes, enough for each of the three hashes; `short` has 31, `empty` none."""
    return hashed(f"shared {generation}", {"short": 31, "empty": 0}.get(generation, 64))


def hashed(name: str, size: int) -> bytes:
    """Return so many bytes that look as if drawn at random, the same for the same name."""
    blocks = (hashlib.sha256(f"{name} {n}".encode()).digest() for n in range(-(-size // 32)))
    return b"".join(blocks)[:size]


def _first(name: str) -> int:
    return int.from_bytes(hashed(name, PRIME_BYTES), "big") | (255 << 8 * (PRIME_BYTES - 1)) | 1


def _roca_prime(name: str) -> int:
    """Return k * M + (65537**a mod M), M the product of the first primes."""
    product, found, candidate = 1, 0, 2
    while found < _ROCA_PRIMES:
        if all(candidate % d for d in range(2, int(candidate**0.5) + 1)):
            product *= candidate
            found += 1
        candidate += 1
    number = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
    return (number % 2**53 | 3 << 51) * product + pow(65_537, number >> 64, product)
