"""The knobs where good circuit breakers differ, declared before judging, and the document's own setting of them."""

from __future__ import annotations

from typing import Literal

import msgspec

from shaketable.errors import UsageError
from shaketable.profile import Profile


class Knobs(msgspec.Struct, frozen=True, cache_hash=True, forbid_unknown_fields=True, kw_only=True):
    """A breaker's profile, typed. Every field without a default must be declared."""

    trip_rule: Literal["consecutive", "rate", "total"]
    failure_threshold: int  # how many failures; per cent under trip_rule=rate
    compare: Literal[">=", ">"] = ">="
    window: Literal["count", "time", "none"]
    window_size: int = 0  # outcomes, under window=count
    window_ms: int = 0  # under window=time
    minimum_calls: int = 1
    wait_ms: int
    half_open_permits: int  # 0: unlimited
    half_open_limit: Literal["total", "concurrent", "one", "unlimited"]
    excess: Literal["reject", "wait"] = "reject"
    close_on: Literal["all_permitted", "successes", "first_success"]
    close_successes: int = 1
    stale: Literal["ignore", "count"]
    excluded: Literal["nothing", "success"]
    cancelled: Literal["nothing", "failure"]
    late_failure_extends_open: bool = False
    slow_rate_threshold: int = 0  # per cent; 0: slow calls do not matter
    slow_call_ms: int = 0
    max_half_open_ms: int = 0  # 0: half-open may last for ever
    leaves_open: Literal["lazily", "automatic"] = "lazily"
    wait_compare: Literal[">", ">="] = ">="  # noted only: at the very instant either answer is accepted
    clock: Literal["monotonic", "wall"] = "monotonic"  # noted only: no fault steps the clock of a component
    states_observable: bool = False  # calibration asks to see one
    listeners: bool = False
    documented: str = ""
    """Anomalies, separated by spaces, that the author documents: they are reported as LIMIT."""

    @property
    def evaluated_from(self) -> int:
        """The number of outcomes that a rate needs: never more than the window can hold."""
        if self.window == "count":
            return min(self.minimum_calls, self.window_size)
        return self.minimum_calls

    @property
    def probes_max(self) -> int:
        """The number of half-open calls at most (in flight or in total, by half_open_limit); 0 is no limit."""
        match self.half_open_limit:
            case "one":
                return 1
            case "unlimited":
                return 0
            case "total" | "concurrent":
                return self.half_open_permits

    @property
    def probes_to_close(self) -> int:
        """The number of successes, one after the other, that close a half-open breaker."""
        match self.close_on:
            case "all_permitted":
                return max(1, min(self.minimum_calls, self.half_open_permits))
            case "successes":
                return max(1, self.close_successes)
            case "first_success":
                return 1


_known: list[tuple[Profile, Knobs]] = []
"""The profile that was asked for last, with its knobs: every checker of every run asks for the same."""


def knobs_of(profile: Profile) -> Knobs:
    """Return the knobs of a profile. UsageError names the one that is missing, unknown or of the wrong kind."""
    if _known and _known[0][0] is profile:
        return _known[0][1]
    knobs = _read(profile)
    _known[:] = [(profile, knobs)]
    return knobs


def _read(profile: Profile) -> Knobs:
    try:
        knobs = msgspec.convert(profile.knobs, Knobs)
    except msgspec.ValidationError as error:
        raise UsageError(f"profile {profile.name!r} does not describe a circuit breaker: {error}") from None
    problem = _problem(knobs)
    if problem:
        raise UsageError(f"profile {profile.name!r} does not describe a circuit breaker: {problem}")
    return knobs


def _problem(knobs: Knobs) -> str:
    if knobs.failure_threshold < 1 or knobs.wait_ms < 1:
        return "failure_threshold and wait_ms must be at least 1"
    if knobs.window == "count" and knobs.window_size < 1:
        return "window=count needs a window_size of at least 1"
    if knobs.window == "time" and knobs.window_ms < 1:
        return "window=time needs a window_ms of at least 1"
    if knobs.trip_rule == "rate" and knobs.window == "none":
        return "trip_rule=rate needs window=count or window=time"
    if knobs.half_open_limit in ("total", "concurrent") and knobs.half_open_permits < 1:
        return f"half_open_limit={knobs.half_open_limit} needs half_open_permits of at least 1"
    if knobs.close_on == "all_permitted" and knobs.half_open_permits < 1:
        return "close_on=all_permitted needs half_open_permits of at least 1"
    if (
        knobs.close_on == "successes"
        and knobs.half_open_limit == "total"
        and knobs.close_successes > knobs.half_open_permits
    ):
        return "close_successes cannot exceed half_open_permits, or it never closes"
    if knobs.slow_rate_threshold and knobs.slow_call_ms < 1:
        return "slow_rate_threshold needs slow_call_ms"
    return ""


DOCUMENT = Profile(
    "resilience4j, configured as in the document",
    {
        "trip_rule": "rate",
        "failure_threshold": 50,
        "compare": ">=",
        "window": "count",
        "window_size": 10,
        "minimum_calls": 100,  # Resilience4j's default: the window caps it
        "wait_ms": 10_000,
        "half_open_permits": 3,
        "half_open_limit": "total",
        "excess": "reject",
        "close_on": "all_permitted",
        "stale": "count",
        "excluded": "nothing",
        "cancelled": "nothing",
        "late_failure_extends_open": False,
        "slow_rate_threshold": 100,
        "slow_call_ms": 60_000,
        "max_half_open_ms": 0,
        "leaves_open": "lazily",
        "wait_compare": ">",
        "clock": "monotonic",
        "states_observable": True,
        "listeners": True,
    },
)
"""The document gives window, threshold, wait and permits; the rest is Resilience4j's documented default."""
