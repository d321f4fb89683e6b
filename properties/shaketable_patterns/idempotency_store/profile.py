"""The knobs where good idempotency stores differ, declared before judging, and the profile of the shipped ones."""

from __future__ import annotations

from typing import Literal

import msgspec

from shaketable.errors import UsageError
from shaketable.profile import Profile

TOLERANCE_MS = 1
"""At the very instant at which a lease or a retention ends either answer is right."""


class Knobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A store's profile, typed. Every field without a default must be declared."""

    lease_ms: (
        int  # a key in progress whose caller died is free after it; 0: it stays so, and that is not judged
    )
    retention_ms: int  # an outcome is kept for so long, and the key is new afterwards; 0: for ever
    other_payload: Literal[
        "refused", "unchecked"
    ]  # whether a key that comes with another payload is an error
    renew_ms: int = 0  # a caller that works extends its lease so often; 0: it does not
    grace_ms: int = 0  # the store may notice the end of a lease so much later
    on_error: Literal["release", "store", "lease"] = (
        "release"  # after an exception the key is free, has it as its outcome, or is kept for the lease
    )
    on_cancel: Literal["release", "lease"] = (
        "release"  # after a cancellation the key is free, or kept for the lease
    )
    ends_in_time: bool = False  # its environment ends a caller before its lease is over, as AWS Lambda does
    outcomes: Literal["any", "truthy"] = (
        "any"  # whether an outcome that is false (None, 0, "", []) is kept as one
    )


def knobs_of(profile: Profile) -> Knobs:
    """Return the knobs of a profile. UsageError names the one that is missing, unknown or of the wrong kind."""
    wrong = f"profile {profile.name!r} does not describe an idempotency store: "
    try:
        knobs = msgspec.convert(profile.knobs, Knobs)
    except msgspec.ValidationError as error:
        raise UsageError(f"{wrong}{error}") from None
    if min(knobs.lease_ms, knobs.retention_ms, knobs.renew_ms, knobs.grace_ms) < 0:
        raise UsageError(f"{wrong}lease_ms, retention_ms, renew_ms and grace_ms must not be negative")
    if knobs.renew_ms and knobs.renew_ms * 2 > knobs.lease_ms:
        raise UsageError(
            f"{wrong}renew_ms must be at most half of lease_ms, or one lost renewal loses the key"
        )
    if knobs.ends_in_time and not knobs.lease_ms:
        raise UsageError(f"{wrong}ends_in_time says that a caller ends before its lease, and lease_ms is 0")
    if knobs.retention_ms and knobs.retention_ms <= knobs.lease_ms:
        raise UsageError(f"{wrong}retention_ms must be longer than lease_ms")
    return knobs


class DeclaredKnobs:
    """What a profile declares, as rules ask for it: `knob=word` must be that word."""

    def __init__(self, knobs: Knobs) -> None:
        self._knobs = knobs

    def plays(self, need: str) -> bool:
        knob, _, word = need.partition("=")
        return bool(getattr(self._knobs, knob) == word)


KEPT = Profile(
    "a shared store with leases",
    {"lease_ms": 10_000, "retention_ms": 60_000, "other_payload": "refused"},
)
RENEWED = Profile("a shared store with leases that are renewed", {**KEPT.knobs, "renew_ms": 3_000})
