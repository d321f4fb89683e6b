"""Adapter of PyJWT 2.15.1 as its documentation shows it: a key by its name out of a PyJWKSet, decode with what is expected."""

from __future__ import annotations

from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from shaketable_targets.token_verifiers.settings import Settings


class PyJwtAdapter:
    """Lets PyJWT look at all: time, too, is its own."""

    rejections = (PyJWTError,)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys: dict[Any, jwt.PyJWK] = {}

    def trust(self, jwks: dict[str, Any]) -> None:
        self._keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(jwks).keys}

    def verify(self, token: str) -> dict[str, Any]:
        settings = self._settings
        if (key := self._keys.get(jwt.get_unverified_header(token).get("kid"))) is None:
            raise jwt.InvalidKeyError("unknown key")
        return jwt.decode(
            token,
            key,
            algorithms=list(settings.algorithms),
            audience=settings.audience,
            issuer=settings.issuer,
            leeway=settings.leeway_s,
            options={"require": list(settings.required)},
        )
