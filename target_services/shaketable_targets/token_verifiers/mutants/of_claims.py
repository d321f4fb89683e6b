"""Mistakes in looking at the claims."""

from __future__ import annotations

from typing import Any

import jwt
from jwt import PyJWK

from shaketable_targets.token_verifiers.settings import Clock, Refused, Settings
from shaketable_targets.token_verifiers.verifier import Verifier


def decoded(
    token: str, key: PyJWK, settings: Settings, *, seen: tuple[str, ...], required: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the claims that a key signed; of audience and issuer only those are looked at that are `seen`."""
    options: Any = {
        f"verify_{name}": name in seen for name in ("exp", "nbf", "iat", "sub", "jti", "aud", "iss")
    }
    options["require"] = list(required)
    return jwt.decode(
        token,
        key,
        algorithms=[str(key.algorithm_name)],
        audience=settings.audience,
        issuer=settings.issuer,
        options=options,
    )


class ForgetsTheAudience(Verifier):
    """Does not look for whom a token is: one for another service passes.

    kataras/jwt#7: a token with an audience passes where the verifier names none.
    """

    def claims_of(self, token: str, key: PyJWK) -> dict[str, Any]:
        return decoded(token, key, self.settings, seen=("iss",), required=self.settings.required)


class ComparesPartOfTheAudience(Verifier):
    """Asks whether the audience is in the claim, which is text as often as a list: the part of a longer name passes.

    `in` on a string, as a comparison of lists does it that forgot about strings (compare CVE-2024-53861 of PyJWT, of the issuer).
    """

    def claims_of(self, token: str, key: PyJWK) -> dict[str, Any]:
        claims = decoded(token, key, self.settings, seen=("iss",), required=self.settings.required)
        if not isinstance(claims["aud"], str | list) or self.settings.audience not in claims["aud"]:
            raise Refused("another audience")
        return claims


class ComparesTheIssuersBeginning(Verifier):
    """Takes an issuer that begins as its own does.

    A prefix compared to allow for paths of tenants: https://issuer.example.stranger.example begins so too.
    """

    def claims_of(self, token: str, key: PyJWK) -> dict[str, Any]:
        claims = decoded(token, key, self.settings, seen=("aud",), required=self.settings.required)
        if not str(claims["iss"]).startswith(self.settings.issuer):
            raise Refused("another issuer")
        return claims


class AllowsAnHour(Verifier):
    """Has a leeway of an hour, for clocks that are never that wrong.

    Leeway taken for a way to keep users signed in.
    """

    def look_at_times(self, claims: dict[str, Any]) -> None:
        now_s = self.clock.time_s()
        if "exp" in claims and self.seconds(claims["exp"]) + 3_600 <= now_s:
            raise Refused("expired")
        if claims.get("nbf") is not None and self.seconds(claims["nbf"]) - 3_600 > now_s:
            raise Refused("not valid yet")


class CachesPastTheEnd(Verifier):
    """Remembers the claims of a token that it verified once, and does not look at its times again.

    A cache of verified tokens whose entries live longer than the tokens.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        super().__init__(clock, settings)
        self.known: dict[str, dict[str, Any]] = {}

    def verify(self, token: str) -> dict[str, Any]:
        if token not in self.known:
            self.known[token] = super().verify(token)
        return self.known[token]


class ForgetsTheBeginning(Verifier):
    """Looks at exp and not at nbf.

    The claim that hand-written checks leave out.
    """

    def look_at_times(self, claims: dict[str, Any]) -> None:
        super().look_at_times({name: one for name, one in claims.items() if name != "nbf"})


class TakesWhatNeverEnds(Verifier):
    """Requires no claim: what is missing is not looked at, and a token without exp is good for ever.

    The default of most libraries, PyJWT's too: a claim is only checked if it is there.
    """

    def claims_of(self, token: str, key: PyJWK) -> dict[str, Any]:
        return decoded(token, key, self.settings, seen=("aud", "iss"))


class CachesBySubject(Verifier):
    """Remembers claims by their subject: a new token of the same user gets the roles and times of the old one.

    A session looked up by `sub` where the token itself should be.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        super().__init__(clock, settings)
        self.known: dict[str, dict[str, Any]] = {}

    def verify(self, token: str) -> dict[str, Any]:
        claims = super().verify(token)
        return self.known.setdefault(str(claims["sub"]), claims)


class TakesOneAudience(Verifier):
    """Compares the audience as text: a token for several services is refused.

    RFC 7519 allows a list; `claims["aud"] != audience` does not.
    """

    def claims_of(self, token: str, key: PyJWK) -> dict[str, Any]:
        claims = super().claims_of(token, key)
        if claims["aud"] != self.settings.audience:
            raise Refused("another audience")
        return claims


class CountsSecondsTwice(Verifier):
    """Takes its leeway off the end of a token's life instead of adding it.

    A sign that is wrong in one of two comparisons.
    """

    def look_at_times(self, claims: dict[str, Any]) -> None:
        super().look_at_times(claims)
        if "exp" in claims and self.seconds(claims["exp"]) - self.settings.leeway_s <= self.clock.time_s():
            raise Refused("expired")
