"""A key of an issuer: its name, what it signs, and all the forms in which its public part is handed on."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from shaketable.errors import UsageError
from shaketable_patterns.token_verifier.keys import curve, der, padding, secrets
from shaketable_patterns.token_verifier.keys.unfit import UNFIT

ALGORITHMS = (*(f"{family}{size}" for family in ("RS", "PS", "HS") for size in (256, 384, 512)), "ES256")
"""The algorithms of RFC 7518 in which situations are made."""
GENERATIONS = ("a", "b", "x")
"""The issuer's key, the one that replaces it, and the key of a stranger, which is trusted by no one."""


def encoded(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class KeyPair:
    """The key of one generation for one algorithm; its kid is both, as in `RS256-a`."""

    algorithm: str
    generation: str

    @property
    def kid(self) -> str:
        return f"{self.algorithm}-{self.generation}"

    @property
    def family(self) -> str:
        """The first two letters of the algorithm: RS, PS, ES or HS."""
        return self.algorithm[:2]

    @property
    def rsa(self) -> secrets.RsaNumbers:
        return secrets.rsa(self.generation)

    @cached_property
    def point(self) -> curve.Point:
        return curve.multiplied(secrets.scalar(self.generation))

    def sign(self, message: bytes, algorithm: str = "") -> bytes:
        """Return the signature of a message by this key's algorithm, or by another one for which such a key can be used."""
        return _signed(self, message, algorithm or self.algorithm)

    def signed_anew(self, message: bytes, algorithm: str) -> bytes:
        """Return the same, reckoned and not remembered."""
        hashed = f"sha{algorithm[2:]}"
        if algorithm.startswith("HS"):
            return hmac.digest(secrets.shared(self.generation), message, hashed)
        if algorithm.startswith("RS"):
            return self.raw(padding.pkcs1(padding.digest_info(hashed, message), self.rsa.size))
        if algorithm.startswith("PS"):
            return self.raw(padding.Pss(hashed).encoded(message, self.rsa.size))
        return joined(*curve.signature(secrets.scalar(self.generation), message))

    def raw(self, padded: bytes) -> bytes:
        """Return the RSA signature of what is padded already."""
        return self.rsa.power(int.from_bytes(padded, "big")).to_bytes(self.rsa.size, "big")

    def jwk(self) -> dict[str, Any]:
        """Return the key as a JWK: the public part, or a shared secret."""
        changed = UNFIT[self.generation].change if self.generation in UNFIT else {}
        return {name: one for name, one in {**self._jwk(), **changed}.items() if one is not ...}

    def _jwk(self) -> dict[str, Any]:
        named = {"kid": self.kid, "alg": self.algorithm, "use": "sig"}
        if self.family == "HS":
            return {"kty": "oct", **named, "k": encoded(secrets.shared(self.generation))}
        if self.family == "ES":
            x, y = (encoded(number.to_bytes(32, "big")) for number in self.point)
            return {"kty": "EC", **named, "crv": "P-256", "x": x, "y": y}
        return {"kty": "RSA", **named, "n": encoded(_bytes(self.rsa.n)), "e": encoded(_bytes(self.rsa.e))}

    def public_forms(self) -> dict[str, bytes]:
        """Return the public part in every form in which some program might keep it, and take it for a secret."""
        jwk = self.jwk()
        bare = {name: one for name, one in jwk.items() if name in ("kty", "crv", "x", "y", "n", "e")}
        spki, ssh = self._spki(), self._ssh()
        pem = der.pem("PUBLIC KEY", spki)
        found = {
            "pem": pem,
            "pem-stripped": pem.strip(),
            "pem-crlf": pem.replace(b"\n", b"\r\n"),
            "der": spki,
            "jwk": json.dumps(jwk).encode(),
            "jwk-compact": json.dumps(jwk, separators=(",", ":")).encode(),
            "jwk-bare": json.dumps(bare, separators=(",", ":"), sort_keys=True).encode(),
            "ssh": ssh,
            "ssh-line": ssh + b"\n",
        }
        if self.family == "ES":
            x, y = (number.to_bytes(32, "big") for number in self.point)
            return {**found, "point": b"\x04" + x + y, "x": x, "x-text": jwk["x"].encode()}
        pkcs1 = der.sequence(der.integer(self.rsa.n), der.integer(self.rsa.e))
        return {**found, "pkcs1-pem": der.pem("RSA PUBLIC KEY", pkcs1), "pkcs1": pkcs1, "modulus": _bytes(self.rsa.n), "modulus-text": jwk["n"].encode()}  # fmt: skip

    def _spki(self) -> bytes:
        if self.family == "ES":
            x, y = (number.to_bytes(32, "big") for number in self.point)
            algorithm = der.sequence(der.value(der.OID, der.EC_KEY), der.value(der.OID, der.P256))
            return der.sequence(algorithm, der.value(der.BITS, b"\0\x04" + x + y))
        algorithm = der.sequence(der.value(der.OID, der.RSA_KEY), der.value(der.NULL, b""))
        key = der.sequence(der.integer(self.rsa.n), der.integer(self.rsa.e))
        return der.sequence(algorithm, der.value(der.BITS, b"\0" + key))

    def _ssh(self) -> bytes:
        """Return the line of an OpenSSH file (RFC 4253, section 6.6, and RFC 5656, section 3.1)."""
        if self.family == "ES":
            x, y = (number.to_bytes(32, "big") for number in self.point)
            parts = [b"ecdsa-sha2-nistp256", b"nistp256", b"\x04" + x + y]
        else:
            numbers = (self.rsa.e, self.rsa.n)
            parts = [
                b"ssh-rsa",
                *(number.to_bytes(number.bit_length() // 8 + 1, "big") for number in numbers),
            ]
        blob = b"".join(struct.pack(">I", len(part)) + part for part in parts)
        return parts[0] + b" " + base64.b64encode(blob)


@lru_cache(4_096)
def _signed(key: KeyPair, message: bytes, algorithm: str) -> bytes:
    return key.signed_anew(message, algorithm)


def joined(r: int, s: int, size: int = 32) -> bytes:
    """Return the two numbers of an ECDSA signature as JWS joins them."""
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def mac(secret: bytes, message: bytes, algorithm: str) -> bytes:
    """Return the HMAC of a message by any secret."""
    return hmac.new(secret, message, getattr(hashlib, f"sha{algorithm[2:]}")).digest()


def key_named(kid: str) -> KeyPair:
    """Return the key of a kid. Raises UsageError if there is none."""
    algorithm, _, generation = kid.partition("-")
    odd = UNFIT.get(generation)
    if algorithm not in ALGORITHMS or not (
        generation in GENERATIONS or (odd is not None and algorithm[:2] in odd.on)
    ):
        raise UsageError(f"there is no key {kid!r}: a key is an algorithm and a generation, as RS256-a")
    return KeyPair(algorithm, generation)


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
