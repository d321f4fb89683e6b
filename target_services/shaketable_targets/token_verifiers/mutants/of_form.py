"""Mistakes in taking a token apart."""

from __future__ import annotations

import base64
import json
from typing import Any

from shaketable_targets.token_verifiers.settings import Refused
from shaketable_targets.token_verifiers.verifier import Verifier


class LetsErrorsOut(Verifier):
    """Catches the errors of its library alone: a time that is no number ends in a TypeError, and the gateway answers 500.

    A 500 for a token that should get a 401 is found by the first scanner.
    """

    def look_at_times(self, claims: dict[str, Any]) -> None:
        now_s, leeway_s = self.clock.time_s(), self.settings.leeway_s
        if "exp" in claims and int(claims["exp"]) + leeway_s <= now_s:
            raise Refused("expired")
        if claims.get("nbf") is not None and int(claims["nbf"]) - leeway_s > now_s:
            raise Refused("not valid yet")


class RepairsPadding(Verifier):
    """Leaves out of a token all that is no base64url before it verifies it: one token has many forms.

    Python's own decoder skips foreign letters; a list of revoked tokens that compares text misses the other forms.
    """

    def verify(self, token: str) -> dict[str, Any]:
        told, _, signature = token.strip().rpartition(".")
        try:
            repaired = base64.urlsafe_b64encode(_bytes(signature)).rstrip(b"=").decode()
        except ValueError:
            repaired = signature
        return super().verify(f"{told}.{repaired}")


class IgnoresCritical(Verifier):
    """Does not look at crit, and so accepts what its issuer wanted refused by all that do not understand it.

    PyJWT before 2.12.0 (GHSA-752w-5fwx-jx9f).
    """

    def verify(self, token: str) -> dict[str, Any]:
        try:
            header, claims = (json.loads(_bytes(part)) for part in token.split(".")[:2])
            if "crit" not in header:
                raise ValueError
        except (ValueError, TypeError, RecursionError):
            return super().verify(token)
        self.look_at_form(token)
        key = self.key_of(header)
        told, _, signature = token.rpartition(".")
        if header["alg"] != key.algorithm_name or not key.Algorithm.verify(
            told.encode(), key.key, _bytes(signature)
        ):
            raise Refused("a wrong signature")
        self.look_at_times(claims)
        return dict(claims)


class MeasuresAfterwards(Verifier):
    """Has no limit to what it takes apart and hashes for any caller.

    The limit is the server's, thinks the verifier, and the server that the verifier has one.
    """

    def look_at_form(self, token: str) -> None:
        if len(token.encode()) > 1_000_000:
            raise Refused("too long")
        super().look_at_form(token[: self.settings.max_bytes])


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
