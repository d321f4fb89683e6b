"""Mistakes in what is let through: tokens, paths and headers."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from urllib.parse import unquote

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import PyJWK
from jwt.utils import base64url_decode

from shaketable_targets.shop_gateway.bearer import BearerVerifier
from shaketable_targets.shop_gateway.gateway import Gateway, Upstream
from shaketable_targets.shop_gateway.headers import USER, folded
from shaketable_targets.shop_gateway.paths import canonical
from shaketable_targets.token_verifiers.settings import Refused


class _ReadsUnsigned(BearerVerifier):
    def look_at_form(self, token: str) -> None:
        """Let it have no signature."""

    def signed(self, token: str, key: PyJWK) -> bytes:
        head, payload, _ = token.split(".")
        if str(json.loads(base64url_decode(head)).get("alg")).lower() == "none":
            return base64url_decode(payload)
        return super().signed(token, key)


class AcceptsNone(Gateway):
    """Takes a token at its word that says none signed it.

    What many libraries did before 2015 (auth0/node-jws#21 tells of it): `none` was one algorithm among others.
    """

    verifier = _ReadsUnsigned


class _ForAll(BearerVerifier):
    def look_at_audience(self, audience: object) -> None:
        """Do nothing."""


class ForgetsTheAudience(Gateway):
    """Does not look for whom a token is: one for another service passes.

    kataras/jwt#7: a token with an audience passes where the verifier names none.
    """

    verifier = _ForAll


class _GoesByTheHeader(BearerVerifier):
    def signed(self, token: str, key: PyJWK) -> bytes:
        told, _, signature = token.rpartition(".")
        if jwt.get_unverified_header(token).get("alg") != "HS256":
            return super().signed(token, key)
        public = key.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        mac = hmac.new(public, told.encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(mac, base64url_decode(signature)):
            raise Refused("another signature")
        return base64url_decode(told.partition(".")[2])


class GoesByTheHeader(Gateway):
    """Verifies by the algorithm that the token names: HMAC by the public key passes.

    CVE-2022-29217 of PyJWT, CVE-2024-33663 of python-jose.
    """

    verifier = _GoesByTheHeader


class ReadsAPathTwice(Gateway):
    """Unescapes a path that its server has unescaped already: `%252e%252e` becomes two dots behind the look at it."""

    def read(self, path: str) -> str:
        return canonical(unquote(unquote(path)).split(";")[0])


class ReadsNoPath(Gateway):
    """Compares prefixes with the path as it was sent, and passes it on so: the instance resolves the dots, or does not."""

    def read(self, path: str) -> str:
        return path


class TakesTheShortestPrefix(Gateway):
    """Takes the first route that matches, and the most general one stands first."""

    def route(self, path: str) -> Upstream | None:
        return next((one for one in reversed(self.upstreams) if one.holds(path)), None)


class ComparesLetters(Gateway):
    """Compares the beginning of a path letter by letter: /ordersarchive is below /orders."""

    def route(self, path: str) -> Upstream | None:
        return next((one for one in self.upstreams if path.startswith(one.prefix)), None)


class PassesHeadersOn(Gateway):
    """Adds its own headers to those of the client: an instance that reads the first of a name reads the client's."""

    def headers_for(self, headers: Mapping[str, str], user: str) -> dict[str, str]:
        return {**_others(headers), **super().headers_for(headers, user)}


class DropsOneSpelling(Gateway):
    """Drops the identity header by its one spelling: with an underscore it passes."""

    def headers_for(self, headers: Mapping[str, str], user: str) -> dict[str, str]:
        kept = {name: value for name, value in _others(headers).items() if name.lower() != USER}
        return {**kept, **super().headers_for(headers, user)}


class DropsWhatItAdded(Gateway):
    """Obeys the client's Connection header after it has added its own headers: a client that lists them takes them away."""

    def headers_for(self, headers: Mapping[str, str], user: str) -> dict[str, str]:
        listed = ",".join(value for name, value in headers.items() if name.lower() == "connection")
        dropped = {name.strip().lower() for name in listed.split(",")}
        passed = super().headers_for(headers, user)
        return {name: value for name, value in passed.items() if name not in dropped - {"x-request-id"}}


_OF_ONE_HOP = frozenset(
    {"authorization", "connection", "host", "content-length", "transfer-encoding", "keep-alive"}
)


def _others(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the client's headers without those that end here."""
    return {
        name: value
        for name, value in headers.items()
        if folded(name) not in _OF_ONE_HOP | {"x-request-id", "via"}
    }
