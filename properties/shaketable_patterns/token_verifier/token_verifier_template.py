"""A test of your token verifier, written by `shaketable init token_verifier`. Run it: `pytest test_my_token_verifier.py`.

1. It is green. Write `Mistaken` for `MyTokenVerifier` in the line `CERTIFIED = ...` and run it again: it is red, and a story says why.
2. Put your own class, or an adapter of it, in the place of MyTokenVerifier, and declare in PROFILE how that one behaves.
3. Keep it in your CI; `--shaketable-profile soak` tries more. `docs/components.md` of shaketable says what a class may offer.
"""

from __future__ import annotations

import hmac
import json
import math
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from shaketable import certify, token_verifier


class Refused(Exception):
    """The token is not accepted."""


class MyTokenVerifier:
    """Verifies tokens of one issuer, by the shared secrets that it is told. Your own stands on a library instead."""

    rejections = (Refused,)  # the errors by which it refuses a token

    def __init__(self, _clock: object) -> None:
        self._secrets: dict[str, bytes] = {}

    def trust(self, jwks: dict[str, list[dict[str, Any]]]) -> None:
        """Verify by these keys from now on."""
        secrets = [key for key in jwks["keys"] if key.get("kty") == "oct" and key.get("alg") == "HS256"]
        self._secrets = {key["kid"]: _decoded(key["k"]) for key in secrets}

    def verify(self, token: str) -> dict[str, Any]:
        """Return the claims of a token, or raise Refused."""
        try:
            head, body, signature = token.encode("ascii").split(b".")
            header, claims = _object(head), _object(body)
            secret = self._secrets[header["kid"]]
            signed = hmac.digest(secret, head + b"." + body, "sha256")
            if not hmac.compare_digest(signed, _decoded(signature)) or not self.accepts(header, claims):
                raise Refused
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
            raise Refused from None
        return claims

    def accepts(self, header: dict[str, Any], claims: dict[str, Any]) -> bool:
        """Tell whether a signed token is of the issuer, meant for this service, now."""
        now_s, audience = time.time(), claims["aud"]
        return (
            self.understands(header)
            and claims["iss"] == "https://issuer.example"
            and (audience == "shop" or (isinstance(audience, list) and "shop" in audience))
            and _number(claims["exp"]) + 10 > now_s
            and _number(claims.get("nbf", 0)) - 10 <= now_s
        )

    def understands(self, header: dict[str, Any]) -> bool:
        """Tell whether nothing in the header is beyond this verifier."""
        return header["alg"] == "HS256" and not {"crit", "b64"} & header.keys()


class Mistaken(MyTokenVerifier):
    """The planted mistake: what the issuer marks as critical is passed over."""

    def understands(self, header: dict[str, Any]) -> bool:
        return bool(header["alg"] == "HS256")


def _decoded(text: str | bytes) -> bytes:
    raw = text.encode("ascii") if isinstance(text, str) else text
    found = urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
    if urlsafe_b64encode(found).rstrip(b"=") != raw:
        raise ValueError("there is one way to write it, and this is another")
    return found


def _object(part: bytes) -> dict[str, Any]:
    found = json.loads(_decoded(part).decode(), object_pairs_hook=_once)
    if not isinstance(found, dict):
        raise TypeError("it is no object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError("it is no time")
    return value


CERTIFIED = MyTokenVerifier  # the planted mistake: CERTIFIED = Mistaken

PROFILE: dict[str, str | int | float | bool] = {
    "algorithms": "HS256",  # those allowed, with a space between; each has a key of its own
    "issuer": "https://issuer.example",  # whose tokens are accepted
    "audience": "shop",  # for whom they have to be
    "leeway_s": 10,  # by so much a token may be too late or too early
    "required": "iss aud exp",  # the claims without which a token is refused, with a space between
    "grace_s": 0,  # a key that left the key set is accepted for so long
    "max_bytes": 0,  # a longer token is refused; 0: no limit
    "kid": "required",  # a token names its key; optional: it may be tried by those there are
    "encoding": "strict",  # only the one form of a token; lenient: others of the same content
    "numbers": "strict",  # a time that is text is refused; lenient: it is read as a number
    "refusals": "declared",  # nothing but the errors of `rejections` comes out; or any
    "unfit_keys": "unchecked",  # whether keys are looked at, for their length, use and form; refused: they are
}


def test_my_token_verifier() -> None:
    """Certify it: it has to keep every promise whatever an attacker, a careless issuer and an ordinary one present."""
    certify(token_verifier("my-token-verifier", CERTIFIED, profile=PROFILE, sync=True))
