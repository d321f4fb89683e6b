"""The tokens that clients present: those of a token verifier's situations, in the name of a user of the shop."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from shaketable_patterns.token_verifier.keys.key_pair import key_named
from shaketable_patterns.token_verifier.mint import Claims, Mint
from shaketable_patterns.token_verifier.presenting_adapter import FIRST, Jwks, jwks_of
from shaketable_patterns.token_verifier.profile import GATEWAY, knobs_of
from shaketable_patterns.token_verifier.situations.catalogue import VALID, rooms, situation_named, situations
from shaketable_patterns.token_verifier.situations.situation import Answer

KNOBS = knobs_of(GATEWAY)
"""What the gateway's verifier declares."""
KEYS = tuple(f"{algorithm}-{FIRST}" for algorithm in KNOBS.allowed)
EXPIRED, EARLY, NONE = "expired", "not-yet", "no-token"
_LONG_S = 9 * 10**9
"""The life of an ordinary token: real worlds whose time goes faster have a wall clock that has gone far."""
_PAST_S, _FUTURE_S = -(10**9), 10**11
_HEADER = re.compile(r"[!-~]+")
_HEADER_MAX = 8_000


@dataclass(frozen=True)
class UserMint(Mint):
    """A mint whose tokens are those of `user`."""

    user: str

    @cached_property
    def claims(self) -> Claims:
        return {**super().claims, "sub": self.user}


def jwks() -> Jwks:
    """Return the issuer's key set."""
    return jwks_of(KNOBS, FIRST)


@lru_cache(8_192)
def token_of(kind: str, key: str, user: str) -> str:
    """Return the token of a situation, or of one of the three kinds that are this page's own. UsageError for an unknown one."""
    pair = key_named(key)
    match kind:
        case "no-token":
            return ""
        case "expired":
            return UserMint(pair, _PAST_S, 10**8, KNOBS, user).valid
        case "not-yet":
            return UserMint(pair, _FUTURE_S, _LONG_S, KNOBS, user).valid
    return situation_named(kind).make(UserMint(pair, 0, _LONG_S, KNOBS, user))


def due(kind: str) -> Answer:
    """Return what the gateway has to do with a token."""
    return "refuse" if kind in (EXPIRED, EARLY, NONE) else situation_named(kind).due(KNOBS)


@cache
def kinds(*, good: bool) -> list[str]:
    """Return the kinds of tokens that have to be accepted, or refused."""
    every = (*situations(), EXPIRED, EARLY, NONE)
    return [kind for kind in every if due(kind) == ("accept" if good else "refuse")]


@cache
def attacks(key: str) -> tuple[tuple[str, ...], ...]:
    """Return the kinds that have to be refused and can be made by a key, by their rooms; this page's own are one more."""
    of_rooms = (tuple(one for one in room if due(one) == "refuse") for room in rooms(key[:2]))
    return ((EXPIRED, EARLY, NONE), *(room for room in of_rooms if room))


@cache
def unusual(key: str) -> tuple[str, ...]:
    """Return the kinds that have to be accepted and can be made by a key."""
    return tuple(kind for kind in kinds(good=True) if key[:2] in situation_named(kind).on)


def fits_a_header(kind: str, key: str) -> bool:
    """Tell whether a token can stand in a header as it is: elsewhere spaces around it are cut off, and others are no header."""
    token = token_of(kind, key, "u1")
    return kind == NONE or (len(token) <= _HEADER_MAX and _HEADER.fullmatch(token) is not None)


ORDINARY = VALID
