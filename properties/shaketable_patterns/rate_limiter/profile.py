"""The knobs where good rate limiters differ, declared before judging, and the document's own setting of them."""

from __future__ import annotations

from typing import Literal

import msgspec

from shaketable.errors import UsageError
from shaketable.profile import Profile

BUCKETS = ("token_bucket", "gcra", "leaky_bucket")
"""Three names of one law: what was admitted leaks away at a steady rate."""


class Knobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rate limiter's profile, typed. Every field without a default must be declared."""

    algorithm: Literal[
        "token_bucket", "gcra", "leaky_bucket", "fixed_window", "sliding_log", "sliding_counter"
    ]
    rate: int  # so many calls come back, or are admitted by a window, in each period
    period_ms: int
    clock: Literal["monotonic", "store", "wall"]  # whose time it goes by; only a wall clock can be set
    store_lost: Literal[
        "none", "open", "closed", "raises"
    ]  # how a call ends that its store does not answer; none: it has no store
    burst: int = 0  # buckets: so many calls are admitted at once
    starts: Literal["full", "empty"] = "full"  # buckets
    refill: Literal["continuous", "interval"] = (
        "continuous"  # buckets: one by one, or `rate` of them once a period
    )
    window_from: Literal["clock", "first_call"] = (
        "first_call"  # fixed windows: multiples of the period, or a call opens one
    )
    excess: Literal["refuse", "wait"] = "refuse"
    max_wait_ms: int = 0  # a call that would wait longer is refused; 0: it waits for however long it takes
    cancelled: Literal["gives_back", "keeps_slot"] = "gives_back"  # a call that is cancelled while it waits
    refused: Literal["consumes_nothing", "consumes"] = "consumes_nothing"
    together: Literal["exact", "may_refuse"] = (
        "exact"  # calls in flight together: as many are admitted as there is room for, or perhaps fewer
    )
    keys: Literal["each", "one"] = "each"  # a budget for each key, or one for all
    workers: Literal["share", "own"] = "share"  # one budget for all workers, or one for each
    resolution_ms: int = 1  # the step of the clock it counts by

    @property
    def capacity(self) -> int:
        """Calls that are admitted at once after a long silence."""
        return self.burst if self.algorithm in BUCKETS else self.rate

    @property
    def tolerance_ms(self) -> int:
        """At an instant of decision, so long before and after it, either answer is right."""
        return self.resolution_ms

    @property
    def full_ms(self) -> int:
        """A silence after which nothing of what was admitted before counts any more."""
        if self.algorithm in BUCKETS:
            return -(-self.burst * self.period_ms // self.rate) + (
                self.period_ms if self.refill == "interval" else 0
            )
        return (2 if self.algorithm == "sliding_counter" else 1) * self.period_ms

    @property
    def next_ms(self) -> int:
        """The time in which one more call is admitted by a bucket that is empty, or by a window that is full."""
        return (
            -(-self.period_ms // self.rate)
            if self.algorithm in BUCKETS and self.refill == "continuous"
            else self.period_ms
        )


def knobs_of(profile: Profile) -> Knobs:
    """Return the knobs of a profile. UsageError names the one that is missing, unknown or of the wrong kind."""
    try:
        knobs = msgspec.convert(profile.knobs, Knobs)
    except msgspec.ValidationError as error:
        raise UsageError(f"profile {profile.name!r} does not describe a rate limiter: {error}") from None
    if problem := _contradiction(knobs):
        raise UsageError(f"profile {profile.name!r} does not describe a rate limiter: {problem}")
    return knobs


def _contradiction(knobs: Knobs) -> str:
    is_bucket = knobs.algorithm in BUCKETS
    if knobs.rate < 1 or knobs.resolution_ms < 1 or knobs.max_wait_ms < 0:
        return "rate and resolution_ms must be at least 1, max_wait_ms at least 0"
    if knobs.period_ms < 4 * knobs.resolution_ms:
        return "period_ms must be at least four times resolution_ms"
    if is_bucket is (knobs.burst < 1):
        return f"burst says how much a bucket holds, and algorithm is {knobs.algorithm!r}"
    if not is_bucket and (knobs.starts != "full" or knobs.refill != "continuous"):
        return f"starts and refill are of buckets, and algorithm is {knobs.algorithm!r}"
    if knobs.excess == "refuse" and knobs.max_wait_ms:
        return "max_wait_ms says how long a call waits, and excess is 'refuse'"
    if knobs.excess == "wait" and knobs.refused == "consumes":
        return "a refused call that consumes is one that does not wait, and excess is 'wait'"
    return ""


class DeclaredKnobs:
    """What a profile declares, as rules ask for it: each need is a knob, or one of its values."""

    def __init__(self, knobs: Knobs) -> None:
        self._knobs = knobs

    def plays(self, need: str) -> bool:
        knobs = self._knobs
        return {
            "store": knobs.store_lost != "none",
            "own": knobs.workers == "own",
            "keys": knobs.keys == "each",
            "refused": knobs.refused == "consumes_nothing",
        }[need]


DOCUMENT = Profile(
    "the document's token bucket, in one process",
    {
        "algorithm": "token_bucket",
        "rate": 10,
        "period_ms": 1_000,
        "burst": 20,
        "clock": "monotonic",
        "store_lost": "none",
    },
)
"""10 a second, burst 20, per key. The document leaves open who shares a bucket and what becomes of it without its store."""
