"""The reference: a verifier of JSON Web Tokens on PyJWT, as a gateway has it."""

from __future__ import annotations

import math
import re
from typing import Any

import jwt
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from shaketable_targets.token_verifiers.key_ring import Jwk, KeyRing
from shaketable_targets.token_verifiers.settings import Clock, Refused, Settings

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_BY_HAND: Any = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_sub": False,
    "verify_jti": False,
}


class Verifier:
    """Takes a token apart once, finds its key by its name, and lets PyJWT verify by that key's own algorithm alone."""

    rejections = (Refused,)

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self.clock = clock
        self.settings = settings
        self.ring = KeyRing(clock, settings)

    def trust(self, jwks: dict[str, list[Jwk]]) -> None:
        """Verify by these keys from now on."""
        self.ring.replace(jwks)

    def verify(self, token: str) -> dict[str, Any]:
        """Return the claims of a token. Raises Refused, and nothing else."""
        self.look_at_form(token)
        try:
            header = jwt.get_unverified_header(token)
            claims = self.claims_of(token, self.key_of(header))
        except (PyJWTError, ValueError, RecursionError) as error:
            raise Refused(type(error).__name__) from None
        self.look_at_times(claims)
        return claims

    def look_at_form(self, token: str) -> None:
        """Refuse what is too long, or not in the one form of a token."""
        if len(token.encode()) > self.settings.max_bytes:
            raise Refused("too long")
        if not _COMPACT.fullmatch(token):
            raise Refused("not in compact form")

    def key_of(self, header: dict[str, Any]) -> PyJWK:
        """Return the key that the header names."""
        if (key := self.ring.find(header.get("kid"))) is None:
            raise Refused("unknown key")
        return key

    def claims_of(self, token: str, key: PyJWK) -> dict[str, Any]:
        """Return the claims that a key signed, for the right audience and by the right issuer."""
        settings = self.settings
        options: Any = {**_BY_HAND, "require": list(settings.required)}
        return jwt.decode(
            token,
            key,
            algorithms=[str(key.algorithm_name)],
            audience=settings.audience,
            issuer=settings.issuer,
            options=options,
        )

    def look_at_times(self, claims: dict[str, Any]) -> None:
        """Refuse a token that is over, or has not begun; times are numbers, and not text that looks like one."""
        now_s, leeway_s = self.clock.time_s(), self.settings.leeway_s
        if "exp" in claims and self.seconds(claims["exp"]) + leeway_s <= now_s:
            raise Refused("expired")
        if claims.get("nbf") is not None and self.seconds(claims["nbf"]) - leeway_s > now_s:
            raise Refused("not valid yet")

    def seconds(self, value: object) -> float:
        """Return a NumericDate. Raises Refused for what is none."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refused("a time that is no number")
        try:
            seconds = float(value)
        except OverflowError:
            raise Refused("a time that is no time") from None
        if not math.isfinite(seconds):
            raise Refused("a time that is no time")
        return seconds
