"""Mistakes in finding the key, and in keeping the key set."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from shaketable_targets.token_verifiers.key_ring import Jwk, KeyRing
from shaketable_targets.token_verifiers.settings import Clock, Refused, Settings
from shaketable_targets.token_verifiers.verifier import Verifier


class ReadsUnsigned(Verifier):
    """Takes the claims out of the token where the header says that none signed it.

    What many libraries did before 2015 (auth0/node-jws#21 tells of it): `none` was one algorithm among others.
    """

    def look_at_form(self, token: str) -> None:
        if len(token.encode()) > self.settings.max_bytes:
            raise Refused("too long")

    def claims_of(self, token: str, key: PyJWK) -> dict[str, Any]:
        if str(jwt.get_unverified_header(token).get("alg")).lower() == "none":
            return jwt.decode(token, options={"verify_signature": False})
        return super().claims_of(token, key)


class GoesByTheHeader(Verifier):
    """Verifies by the algorithm that the header names, with whatever key is there: HMAC by the public key passes.

    CVE-2022-29217 of PyJWT, CVE-2024-33663 of python-jose.
    """

    def claims_of(self, token: str, key: PyJWK) -> dict[str, Any]:
        told, _, signature = token.rpartition(".")
        if str(jwt.get_unverified_header(token).get("alg")) == "HS256" and isinstance(
            key.key, RSAPublicKey | EllipticCurvePublicKey
        ):
            public = key.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            mac = hmac.new(public, told.encode(), hashlib.sha256).digest()
            if hmac.compare_digest(base64.urlsafe_b64encode(mac).rstrip(b"="), signature.encode()):
                return jwt.decode(token, options={"verify_signature": False})
        return super().claims_of(token, key)


class TriesTheFirstKey(Verifier):
    """Takes the first key of the set for a token whose key it does not know.

    A fallback to the one configured secret, as in supabase/storage#1097 and many a first version before keys were rotated.
    """

    def key_of(self, header: dict[str, Any]) -> PyJWK:
        key = self.ring.find(header.get("kid"))
        return key if key is not None else next(iter(self.ring.keys.values()))


class TakesTheKeyAlong(Verifier):
    """Verifies by the key that the token's header brings along.

    CVE-2018-0114 of node-jose: an embedded `jwk` was trusted.
    """

    def key_of(self, header: dict[str, Any]) -> PyJWK:
        if isinstance(header.get("jwk"), dict):
            return PyJWK(header["jwk"])
        return super().key_of(header)


class _Abrupt(KeyRing):
    def replace(self, jwks: dict[str, list[Jwk]]) -> None:
        super().replace(jwks)
        self.old.clear()


class ForgetsTheGrace(Verifier):
    """Drops a key at once when it leaves the key set, and with it every session that began before.

    Keys replaced without an overlap sign all users out.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        super().__init__(clock, settings)
        self.ring = _Abrupt(clock, settings)


class _Hoarding(KeyRing):
    def find(self, kid: object) -> PyJWK | None:
        return self.keys.get(str(kid)) or self.old.get(str(kid), (None, 0.0))[0]


class KeepsOldKeys(Verifier):
    """Adds new keys to those it has and removes none: a key that was withdrawn is good for ever.

    A cache of keys by kid without an end, as jwks clients that only ever add have it.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        super().__init__(clock, settings)
        self.ring = _Hoarding(clock, settings)


class LearnsKeysOnce(Verifier):
    """Reads the key set when it starts, and never again.

    The key set as a constant of the process: each rotation is an outage until the next deployment.
    """

    def trust(self, jwks: dict[str, list[Jwk]]) -> None:
        if not self.ring.keys:
            super().trust(jwks)


class _Careless(KeyRing):
    def fit(self, jwk: Jwk) -> PyJWK | None:
        try:
            return PyJWK(jwk)
        except (PyJWTError, ValueError):
            return None


class TakesAnyKey(Verifier):
    """Looks neither at the length of a key nor at what it is for.

    micronaut-projects/micronaut-security#2312: use, key_ops and alg of a key were ignored.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        super().__init__(clock, settings)
        self.ring = _Careless(clock, settings)
