"""The keys by which tokens are verified: those of the latest key set, and for a grace those that left it. Unfit ones are left out."""

from __future__ import annotations

from collections import Counter
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from shaketable_targets.token_verifiers.settings import Clock, Settings

Jwk = dict[str, Any]
_KTY = {"RS": "RSA", "PS": "RSA", "ES": "EC", "HS": "oct"}
_BITS_MIN = 2_048
_ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)
"""The fingerprint of CVE-2017-15361: modulo each of these the modulus is a power of 65537."""


class KeyRing:
    """Keys by their names; `find` knows each for as long as it may be used."""

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self.clock = clock
        self.settings = settings
        self.keys: dict[str, PyJWK] = {}
        self.old: dict[str, tuple[PyJWK, float]] = {}

    def replace(self, jwks: dict[str, list[Jwk]]) -> None:
        """Trust these keys, and those that left for a grace."""
        until_s = self.clock.time_s() + self.settings.grace_s
        listed = Counter(str(jwk.get("kid")) for jwk in jwks["keys"])
        found = {}
        for jwk in jwks["keys"]:
            if listed[str(jwk.get("kid"))] == 1 and (key := self.fit(jwk)) is not None:
                found[jwk["kid"]] = key
        self.old |= {kid: (key, until_s) for kid, key in self.keys.items()}
        for kid in found:
            self.old.pop(kid, None)
        self.keys = found

    def find(self, kid: object) -> PyJWK | None:
        """Return the key of a name, None if there is none that may be used."""
        if not isinstance(kid, str):
            return None
        if kid in self.keys:
            return self.keys[kid]
        key, until_s = self.old.get(kid, (None, 0.0))
        return key if self.clock.time_s() < until_s else None

    def fit(self, jwk: Jwk) -> PyJWK | None:
        """Return the key of a JWK, None if it is not one for an allowed algorithm, or unfit for it."""
        algorithm = jwk.get("alg")
        if algorithm not in self.settings.algorithms or jwk.get("kty") != _KTY[algorithm[:2]]:
            return None
        if jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ["verify"]):
            return None
        if algorithm == "ES256" and jwk.get("crv") != "P-256":
            return None
        try:
            key = PyJWK(jwk, algorithm)
        except (PyJWTError, ValueError, UnsupportedAlgorithm):
            return None
        if isinstance(key.key, bytes):
            return key if len(key.key) * 8 >= int(algorithm[2:]) else None
        return key if not isinstance(key.key, RSAPublicKey) or _is_strong(key.key) else None


def _is_strong(key: RSAPublicKey) -> bool:
    numbers = key.public_numbers()
    if key.key_size < _BITS_MIN or numbers.e < 65_537:
        return False
    return not all(numbers.n % prime in _powers(prime) for prime in _ROCA_PRIMES)


def _powers(prime: int) -> set[int]:
    return {pow(65_537, n, prime) for n in range(prime)}
