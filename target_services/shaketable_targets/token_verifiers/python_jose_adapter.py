"""Adapter of python-jose 3.3.0 with its cryptography backend: a key by its name out of a key set, decode with what is expected."""

from __future__ import annotations

from typing import Any

from jose import jwt
from jose.exceptions import JOSEError

from shaketable_targets.token_verifiers.settings import Settings


class PythonJoseAdapter:
    """Finds a key by the token's kid, and lets python-jose do the rest by the one algorithm that the key is for."""

    rejections = (JOSEError,)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys: dict[Any, Any] = {}

    def trust(self, jwks: dict[str, Any]) -> None:
        self._keys = {jwk["kid"]: jwk for jwk in jwks["keys"]}

    def verify(self, token: str) -> dict[str, Any]:
        settings = self._settings
        kid = jwt.get_unverified_header(token).get("kid")
        if not isinstance(kid, str) or kid not in self._keys:
            raise JOSEError("unknown key")
        key = self._keys[kid]
        required = {f"require_{name}": True for name in settings.required}
        options: dict[str, Any] = {"leeway": settings.leeway_s, **required}
        return dict(jwt.decode(token, key, [key["alg"]], options, settings.audience, settings.issuer))
