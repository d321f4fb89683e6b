"""What the driver drives: it makes the token that a call names, and presents it to the verifier under test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

from shaketable.components.clock import Clock
from shaketable.components.interface.adapter import has_points
from shaketable.components.scheduling.outside import outside
from shaketable.errors import UsageError
from shaketable_patterns.token_verifier.keys.key_pair import GENERATIONS, KeyPair, key_named
from shaketable_patterns.token_verifier.keys.unfit import UNFIT
from shaketable_patterns.token_verifier.mint import Mint
from shaketable_patterns.token_verifier.profile import Knobs
from shaketable_patterns.token_verifier.situations.catalogue import situation_named

FIRST = GENERATIONS[0]
Jwks = dict[str, list[dict[str, Any]]]


class TokenVerifierAdapter(Protocol):
    """A verifier; `docs/patterns/token-verifier.md` says what each method does. They are coroutine functions for asyncio.

    `rejections` names the exceptions that mean "refused".
    """

    def verify(self, token: str) -> object:
        """Return the claims of a token, or raise one of `rejections`."""
        ...

    def trust(self, jwks: Jwks) -> object:
        """Verify by these keys from now on, and by those that left for as long as the declared grace."""
        ...


class PresentingAdapter:
    """Stands before the adapter of a verifier, and tells it the first key set before its first token.

    A new incarnation is told the set that was told last. What fails meanwhile is told again with the next token.
    """

    def __init__(self, made: Any, knobs: Knobs, told: list[str]) -> None:
        self.made = made
        self.knobs = knobs
        self.told = told
        self.is_told = False
        self.rejections = getattr(made, "rejections", ())


class SyncPresentingAdapter(PresentingAdapter):
    """For verifiers whose methods are functions."""

    def __init__(self, made: Any, knobs: Knobs, told: list[str]) -> None:
        super().__init__(made, knobs, told)
        self._lock = threading.Lock()

    def verify(self, made: str, key: str, issued_s: int, life_s: int) -> object:
        self._tell()
        return self.made.verify(token_of(self.knobs, made, key, issued_s, life_s))

    def trust(self, keys: str) -> object:
        jwks = jwks_of(self.knobs, keys)
        self._tell()
        self.told[:] = [keys]
        return self.made.trust(jwks)

    def _tell(self) -> None:
        with self._lock:
            if not self.is_told:
                self.made.trust(jwks_of(self.knobs, self.told[0]))
                self.is_told = True


class AsyncPresentingAdapter(PresentingAdapter):
    """For verifiers whose methods are coroutine functions."""

    def __init__(self, made: Any, knobs: Knobs, told: list[str]) -> None:
        super().__init__(made, knobs, told)
        self._lock = asyncio.Lock()

    async def verify(self, made: str, key: str, issued_s: int, life_s: int) -> object:
        await self._tell()
        return await self.made.verify(token_of(self.knobs, made, key, issued_s, life_s))

    async def trust(self, keys: str) -> object:
        jwks = jwks_of(self.knobs, keys)
        await self._tell()
        self.told[:] = [keys]
        return await self.made.trust(jwks)

    async def _tell(self) -> None:
        async with self._lock:
            if not self.is_told:
                await self.made.trust(jwks_of(self.knobs, self.told[0]))
                self.is_told = True


def presenting(make: Callable[..., Any], knobs: Knobs, *, sync: bool) -> Callable[..., PresentingAdapter]:
    """Return the factory of what stands before the verifiers that `make` makes."""
    adapter = SyncPresentingAdapter if sync else AsyncPresentingAdapter
    takes_points = has_points(make)

    def made(clock: Clock, points: Any) -> PresentingAdapter:
        told = points.durable("key set that was told last", lambda: [FIRST])
        return adapter(make(clock, points=points) if takes_points else make(clock), knobs, told)

    return made


@outside  # a thread that is stopped in the middle of it would keep others from its caches
def token_of(knobs: Knobs, made: str, key: str, issued_s: int, life_s: int) -> str:
    """Return the token of a situation. Raises UsageError if situation or key is unknown, or the one cannot be made by the other."""
    return _token_of(knobs, made, key, issued_s, life_s)


@lru_cache(8_192)
def _token_of(knobs: Knobs, made: str, key: str, issued_s: int, life_s: int) -> str:
    situation, pair = situation_named(made), key_named(key)
    if pair.family not in situation.on:
        raise UsageError(f"the situation {made!r} is none of a key of {pair.algorithm}")
    return situation.make(Mint(pair, issued_s, life_s, knobs))


@lru_cache(64)
def _keys_of(knobs: Knobs, keys: str) -> tuple[KeyPair, ...]:
    found: list[KeyPair] = []
    for word in keys.split():
        if word in GENERATIONS:
            found += (KeyPair(algorithm, word) for algorithm in knobs.allowed)
        else:
            found.append(key_named(word))
    return tuple(found)


def kids_of(knobs: Knobs, keys: str) -> frozenset[str]:
    """Return the names of the keys that these words mean: generations, or kids."""
    return frozenset(key.kid for key in _keys_of(knobs, keys))


@outside
def jwks_of(knobs: Knobs, keys: str) -> Jwks:
    """Return the key set that these words mean. Raises UsageError for a key that is unknown."""
    found = []
    for key in _keys_of(knobs, keys):
        found.append(key.jwk())
        if key.generation == "twice":
            found.append({**KeyPair(key.algorithm, "x").jwk(), "kid": key.kid})
    return {"keys": found}


def is_unfit(kid: str) -> bool:
    """Tell whether a key is one that must not be used."""
    return kid.partition("-")[2] in UNFIT
