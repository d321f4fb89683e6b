"""The knobs where good verifiers differ, declared before judging, and the profiles of the shipped ones."""

from __future__ import annotations

from typing import Literal

import msgspec

from shaketable.errors import UsageError
from shaketable.profile import Profile
from shaketable_patterns.token_verifier.keys.key_pair import ALGORITHMS

TOLERANCE_S = 1
"""Within a second of the instant at which a token begins or ends either answer is right: its times are whole seconds."""
CLAIMS = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti")


class Knobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A verifier's profile, typed. Every field without a default must be declared."""

    algorithms: str  # those allowed, with a space between; each has a key of its own
    issuer: str
    audience: str
    leeway_s: int  # by so much a token may be too late or too early
    required: str  # the claims without which a token is refused, with a space between
    grace_s: int = 0  # a key that left the key set is accepted for so long
    max_bytes: int = 0  # a longer token is refused; 0: no limit
    kid: Literal["required", "optional"] = (
        "required"  # whether a token that names no key it knows may be tried by those it has
    )
    encoding: Literal["strict", "lenient"] = (
        "strict"  # only the one canonical form of a token, or others of the same content
    )
    numbers: Literal["strict", "lenient"] = "strict"  # times that are text are refused, or read as numbers
    refusals: Literal["declared", "any"] = "declared"  # only the exceptions of `rejections` come out, or any
    unfit_keys: Literal["refused", "unchecked"] = (
        "unchecked"  # whether a key set's keys are looked at: length, use, form
    )

    @property
    def allowed(self) -> tuple[str, ...]:
        return tuple(self.algorithms.split())

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(self.required.split())


def knobs_of(profile: Profile) -> Knobs:
    """Return the knobs of a profile. UsageError names the one that is missing, unknown or of the wrong kind."""
    wrong = f"profile {profile.name!r} does not describe a token verifier: "
    try:
        knobs = msgspec.convert(profile.knobs, Knobs)
    except msgspec.ValidationError as error:
        raise UsageError(f"{wrong}{error}") from None
    if not knobs.allowed or not set(knobs.allowed) <= set(ALGORITHMS):
        raise UsageError(
            f"{wrong}algorithms must be some of {' '.join(ALGORITHMS)}, got {knobs.algorithms!r}"
        )
    if not set(knobs.needed) <= set(CLAIMS):
        raise UsageError(f"{wrong}required must be some of {' '.join(CLAIMS)}, got {knobs.required!r}")
    if min(knobs.leeway_s, knobs.grace_s, knobs.max_bytes) < 0:
        raise UsageError(f"{wrong}leeway_s, grace_s and max_bytes must not be negative")
    if 0 < knobs.max_bytes < LONGEST_BYTES:
        raise UsageError(
            f"{wrong}an ordinary token is longer than max_bytes={knobs.max_bytes}: it must be {LONGEST_BYTES} or more"
        )
    return knobs


LONGEST_BYTES = 1_024
"""No token is longer that must be accepted, but for the one made to be just within the limit."""


class DeclaredKnobs:
    """What a profile declares, as rules ask for it: `knob` must not be off, or `knob=word` must be that word."""

    def __init__(self, knobs: Knobs) -> None:
        self._knobs = knobs

    def plays(self, need: str) -> bool:
        knob, _, word = need.partition("=")
        return bool(getattr(self._knobs, knob) == word) if word else bool(getattr(self._knobs, knob))


GATEWAY = Profile(
    "a gateway's verifier",
    {
        "algorithms": "RS256 PS256 ES256",
        "issuer": "https://issuer.example",
        "audience": "shop",
        "leeway_s": 10,
        "required": "iss sub aud exp",
        "grace_s": 300,
        "max_bytes": 8_192,
        "unfit_keys": "refused",
    },
)
SHARED = Profile(
    "a service's verifier with shared secrets",
    {**GATEWAY.knobs, "algorithms": "HS256 HS512", "audience": "stock"},
)
