"""The verifier of bearers' tokens: the reference, with PyJWT for the signature and the clock of the ports for the times.

PyJWT looks at the wall clock of the machine whenever it looks at claims, even where it is told not to compare times.
"""

from __future__ import annotations

import json
from typing import Any

from jwt import PyJWK, PyJWS

from shaketable_targets.token_verifiers.settings import Refused
from shaketable_targets.token_verifiers.verifier import Verifier

_JWS = PyJWS()


class BearerVerifier(Verifier):
    """Verifies the signature by the one algorithm of the key, then looks at each claim itself."""

    def claims_of(self, token: str, key: PyJWK) -> dict[str, Any]:
        claims = self.read(self.signed(token, key))
        self.look_at_claims(claims)
        return claims

    def signed(self, token: str, key: PyJWK) -> bytes:
        """Return the payload that a key signed. Raises the errors of PyJWT."""
        return bytes(_JWS.decode(token, key, algorithms=[str(key.algorithm_name)]))

    def read(self, payload: bytes) -> dict[str, Any]:
        """Return the claims of a payload."""
        claims = json.loads(payload)
        if not isinstance(claims, dict):
            raise Refused("no claims")
        return claims

    def look_at_claims(self, claims: dict[str, Any]) -> None:
        """Refuse a token that lacks something, is of another issuer, or for others."""
        if any(claims.get(name) is None for name in self.settings.required):
            raise Refused("a claim is missing")
        if claims["iss"] != self.settings.issuer:
            raise Refused("of another issuer")
        if not isinstance(claims["sub"], str):
            raise Refused("a user's name that is no text")
        self.look_at_audience(claims["aud"])

    def look_at_audience(self, audience: object) -> None:
        """Refuse a token for others: an audience is a text, or a list of texts."""
        named = audience if isinstance(audience, list) else [audience]
        if not all(isinstance(one, str) for one in named) or self.settings.audience not in named:
            raise Refused("for others")
