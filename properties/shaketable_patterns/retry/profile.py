"""The knobs where good retries differ, declared before judging, and the settings of our own."""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from shaketable.errors import UsageError
from shaketable.profile import Profile

TOLERANCE_MS = 1
"""At the very instant at which a wait or the budget ends either answer is right."""


class Knobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A retry's profile, typed. Every field without a default must be declared."""

    attempts: int  # the first one included; 0: as many as the budget lets
    wait_ms: int  # the wait behind the first attempt
    jitter: Literal["none", "full", "equal", "added", "decorrelated"]
    repeats: Literal["idempotent_only", "all"]  # whether it knows which requests are not idempotent
    factor: float = 1  # each wait is so much longer than the one before
    wait_max_ms: int = 0  # no wait is longer; 0: there is no such bound
    jitter_ms: int = 0  # with `added`: up to so much is added to each wait
    budget_ms: int = 0  # of time, for all attempts; 0: there is none
    budget_covers: Literal["starts", "decisions", "all"] = (
        "starts"  # none starts later; none is decided on later; all is over by then
    )
    attempt_ms: int = (
        0  # it ends an attempt itself after so long, which counts as one without an answer; 0: never
    )
    retries: Literal["declared", "exceptions"] = (
        "declared"  # ConnectionError and TimeoutError, or any Exception
    )
    retries_none: bool = False  # the result None is tried again
    surfaces: Literal["last", "wrapped"] = "last"  # the last error itself, or one that stands for it
    none_surfaces: Literal["returned", "error"] = "returned"  # how a call ends whose every result was None
    false_errors: Literal["surface", "lost"] = (
        "surface"  # an error that is false, or has no length: lost as by concurrent.futures (python/cpython#132063)
    )
    cancellation: Literal["surfaces", "last_error"] = "surfaces"  # how a call ends that is cancelled
    clock: Literal["monotonic", "wall"] = "monotonic"  # by which the budget is measured
    resolution_ms: int = 1  # the step of the clock it counts by

    @property
    def tolerance_ms(self) -> int:
        return max(TOLERANCE_MS, self.resolution_ms)

    def bounds_ms(self, failed: int, previous_ms: int) -> tuple[int, int]:
        """Return the shortest and the longest wait behind so many attempts; `previous_ms` was the wait before."""
        cap_ms = self.wait_max_ms or math.inf
        if self.jitter == "decorrelated":
            longest_ms = min(cap_ms, max(self.wait_ms, 3 * previous_ms))
            return int(min(self.wait_ms, longest_ms)), int(longest_ms)
        base_ms = min(cap_ms, self.wait_ms * self.factor ** (failed - 1))
        shortest_ms, longest_ms = {
            "none": (base_ms, base_ms),
            "full": (0, base_ms),
            "equal": (base_ms / 2, base_ms),
            "added": (base_ms, min(cap_ms, base_ms + self.jitter_ms)),
        }[self.jitter]
        return math.floor(shortest_ms), math.ceil(longest_ms)

    @property
    def longest_ms(self) -> int:
        """The longest wait that there can be, as far as the machine looks."""
        failed = max(1, min(self.attempts - 1 if self.attempts else 6, 6))
        return self.bounds_ms(failed, self.wait_ms * 3**failed)[1]


def knobs_of(profile: Profile) -> Knobs:
    """Return the knobs of a profile. UsageError names the one that is missing, unknown or of the wrong kind."""
    try:
        knobs = msgspec.convert(profile.knobs, Knobs)
    except msgspec.ValidationError as error:
        raise UsageError(f"profile {profile.name!r} does not describe a retry: {error}") from None
    if problem := _contradiction(knobs):
        raise UsageError(f"profile {profile.name!r} does not describe a retry: {problem}")
    return knobs


def _contradiction(knobs: Knobs) -> str:
    spans = (
        knobs.attempts,
        knobs.wait_ms,
        knobs.wait_max_ms,
        knobs.jitter_ms,
        knobs.budget_ms,
        knobs.attempt_ms,
    )
    if min(spans) < 0 or knobs.factor < 1 or knobs.resolution_ms < 1:
        return "attempts and spans of time must not be negative, factor and resolution_ms at least 1"
    if not knobs.attempts and not knobs.budget_ms:
        return "it would never give up: declare attempts, budget_ms or both"
    if (knobs.jitter == "added") is not (knobs.jitter_ms > 0):
        return f"jitter_ms is what is added, and jitter is {knobs.jitter!r}"
    if knobs.factor > 1 and not knobs.attempts and not knobs.wait_max_ms:
        return "waits grow without bound: declare attempts or wait_max_ms"
    return ""


class DeclaredKnobs:
    """What a profile declares, as rules ask for it: each need is a knob that must not be off."""

    def __init__(self, knobs: Knobs) -> None:
        self._knobs = knobs

    def plays(self, need: str) -> bool:
        knobs = self._knobs
        return {
            "attempts": knobs.attempts > 0,
            "budget": knobs.budget_ms > 0,
            "covers_all": knobs.budget_ms > 0 and knobs.budget_covers == "all",
            "idempotent_only": knobs.repeats == "idempotent_only",
        }[need]


OURS = Profile(
    "4 attempts within 5 s, 200 ms doubled up to 1 s, half of it at random",
    {
        "attempts": 4,
        "wait_ms": 200,
        "factor": 2,
        "wait_max_ms": 1_000,
        "jitter": "equal",
        "budget_ms": 5_000,
        "repeats": "idempotent_only",
    },
)
"""The document names a retry and no settings of it."""
