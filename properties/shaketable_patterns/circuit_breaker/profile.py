"""The knobs where good circuit breakers differ, declared before judging, and the document's own setting of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from shaketable.descriptions.choices import with_choices
from shaketable.errors import UsageError
from shaketable.profile import Profile
from shaketable_patterns.circuit_breaker.promises import ANOMALIES


class Knobs(msgspec.Struct, frozen=True, cache_hash=True, forbid_unknown_fields=True, kw_only=True):
    """A breaker's profile, typed. Every field without a default must be declared."""

    trip_rule: Literal["consecutive", "rate", "total", "balance", "average"]
    """balance: a success takes one failure away. average: of failures, forgetting exponentially, after each failure."""
    failure_threshold: int  # how many failures; per cent under trip_rule=rate and trip_rule=average
    average_weight_percent: int = 0  # of the newest outcome, under trip_rule=average
    compare: Literal[">=", ">"] = ">="
    judged_on: Literal["outcomes", "failures"] = "outcomes"  # after which a rate is looked at
    counted_at: Literal["end", "start"] = "end"  # when a call counts among those of which a rate is taken
    evaluates_every_ms: int = 0  # it opens up to this much after its condition held; 0: at once
    window: Literal["count", "time", "tumbling", "none"]  # tumbling: emptied every window_ms
    window_size: int = 0  # outcomes, under window=count
    window_ms: int = 0  # under window=time and window=tumbling
    window_aligned: bool = (
        False  # tumbling windows begin at multiples of window_ms, not when the last one was over
    )
    bucket_ms: int = 0  # the grain of window=time; 0: a tenth of it
    close_clears: bool = True  # closing empties the window
    minimum_calls: int = 1
    wait_ms: int
    wait_factor_percent: int = 100  # each reopening multiplies the wait; 200 doubles it
    wait_step_ms: int = 0  # each reopening adds this to the wait
    wait_max_ms: int = 0  # the grown wait at most; 0: no limit
    wait_decay_ms: int = (
        0  # each opening counts as a reopening until it stayed closed for so long; 0: until it closes
    )
    wait_jitter_ms: int = 0  # the wait is drawn between wait_ms and this much more
    after_wait: Literal["half_open", "closed"] = "half_open"  # closed: there are no probes
    half_open_permits: int  # 0: unlimited
    half_open_limit: Literal["total", "concurrent", "one", "unlimited", "gradual"]  # gradual: it admits some
    half_open_in_flight: int = 0  # at most so many probes in flight, beside half_open_limit; 0: no such limit
    half_open_failures: int = 1  # so many failures open it again, unless a rate over all permitted decides
    probe_renewal_ms: int = 0  # so long after a probe that still hangs another one is admitted; 0: never
    excess: Literal["reject", "wait"] = "reject"
    close_on: Literal["all_permitted", "successes", "first_success"]
    close_successes: int = 1
    stale: Literal["ignore", "count"]
    excluded: Literal["nothing", "success", "failure"]
    cancelled: Literal["nothing", "failure"]
    late_failure_extends_open: bool = False
    slow_rate_threshold: int = 0  # per cent, under trip_rule=rate; 0: slow calls have no rate of their own
    slow_call_ms: int = 0
    slow_calls: Literal["apart", "failure", "only"] = "apart"
    """failure: a call over slow_call_ms is a failure; only: it is one, and errors that come sooner are none."""
    none_results: Literal["success", "failure"] = "success"  # what a function that returns None counts as
    call_timeout_ms: int = 0  # it gives a call up after this, as a failure; 0: never
    max_half_open_ms: int = 0  # 0: half-open may last for ever
    leaves_open: Literal["lazily", "automatic"] = "lazily"
    wait_compare: Literal[">", ">="] = ">="  # noted only: at the very instant either answer is accepted
    clock: Literal["monotonic", "wall"] = "monotonic"  # wall: its waits follow a clock that may step
    errors: Literal["unchanged", "wrapped", "wrapped_on_trip", "answered"] = "unchanged"
    """What callers get for a failure: the error itself, an error of the library's (wrapped_on_trip: if it opened the
    breaker), or a fallback value."""
    refusals: Literal["raise", "answer"] = "raise"  # answer: callers get a fallback value instead of an error
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
            case "unlimited" | "gradual":
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

    def wait_after_ms(self, reopened: int) -> int:
        """Return how long it stays open after so many reopenings in a row, without jitter."""
        grown_ms = self.wait_ms + self.wait_step_ms * reopened
        for _ in range(reopened if self.wait_factor_percent != 100 else 0):
            grown_ms = grown_ms * self.wait_factor_percent // 100
            if grown_ms >= (self.wait_max_ms or _LONGEST_MS):
                break
        return min(grown_ms, self.wait_max_ms or _LONGEST_MS)

    @property
    def grain_ms(self) -> int:
        """How coarse the edge of a time window may be: implementations keep it in buckets."""
        return self.bucket_ms or self.window_ms // _BUCKETS

    @property
    def documents(self) -> frozenset[str]:
        """The anomalies that are documented."""
        return frozenset(self.documented.split())


_BUCKETS = 10
_LONGEST_MS = 1_000_000_000_000

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
        raise UsageError(
            f"profile {profile.name!r} does not describe a circuit breaker: {with_choices(str(error), Knobs)}"
        ) from None
    problem = _problem(knobs)
    if problem:
        raise UsageError(f"profile {profile.name!r} does not describe a circuit breaker: {problem}")
    return knobs


def _problem(knobs: Knobs) -> str:
    for holds, problem in _conditions(knobs):
        if not holds:
            return problem
    return ""


def _conditions(knobs: Knobs) -> Iterator[tuple[bool, str]]:
    """Yield what must hold, each with what to say if it does not."""
    yield knobs.failure_threshold >= 1, "failure_threshold must be at least 1"
    yield knobs.wait_ms >= 1, "wait_ms must be at least 1"
    negative = [n for n in knobs.__struct_fields__ if _is_negative(getattr(knobs, n))]
    yield not negative, f"{', '.join(negative)} must not be negative"
    timed = knobs.window in ("time", "tumbling")
    yield knobs.window != "count" or knobs.window_size >= 1, "window=count needs a window_size of at least 1"
    yield not timed or knobs.window_ms >= 1, f"window={knobs.window} needs a window_ms of at least 1"
    by_rate = knobs.trip_rule == "rate"
    yield (
        not by_rate or knobs.window != "none",
        "trip_rule=rate needs window=count, window=time or window=tumbling",
    )
    limited = knobs.half_open_limit in ("total", "concurrent")
    permits = knobs.half_open_permits
    yield (
        not limited or permits >= 1,
        f"half_open_limit={knobs.half_open_limit} needs half_open_permits of at least 1",
    )
    yield (
        knobs.close_on != "all_permitted" or permits >= 1,
        "close_on=all_permitted needs half_open_permits of at least 1",
    )
    yield (
        knobs.close_on != "successes" or knobs.half_open_limit != "total" or knobs.close_successes <= permits,
        "close_successes cannot exceed half_open_permits, or it never closes",
    )
    slow = bool(knobs.slow_rate_threshold) or knobs.slow_calls != "apart"
    yield (
        not slow or knobs.slow_call_ms >= 1,
        f"{'slow_rate_threshold' if knobs.slow_calls == 'apart' else f'slow_calls={knobs.slow_calls}'} needs slow_call_ms",
    )
    yield (
        (knobs.trip_rule == "average") == (0 < knobs.average_weight_percent <= 100),
        "trip_rule=average needs an average_weight_percent from 1 to 100, and no other rule has one",
    )
    yield (
        knobs.window == "none" or knobs.trip_rule not in ("balance", "average"),
        f"trip_rule={knobs.trip_rule} goes with window=none",
    )
    yield not knobs.window_aligned or knobs.window == "tumbling", "window_aligned goes with window=tumbling"
    yield (
        not knobs.slow_rate_threshold or by_rate,
        "slow_rate_threshold is a second rate beside trip_rule=rate; where a slow call counts as a failure, "
        "declare slow_calls=failure instead",
    )
    yield (
        knobs.counted_at == "end" or (by_rate and knobs.window != "time"),
        "counted_at=start needs trip_rule=rate and a window=count or window=tumbling",
    )
    yield knobs.wait_factor_percent >= 100, "wait_factor_percent must be at least 100: the wait never shrinks"
    yield knobs.half_open_failures >= 1, "half_open_failures must be at least 1"
    unknown = sorted(knobs.documents - ANOMALIES)
    yield (
        not unknown,
        f"documented names no anomaly of the pattern: {', '.join(unknown)}; known are {', '.join(sorted(ANOMALIES))}",
    )


def _is_negative(value: object) -> bool:
    return isinstance(value, int) and value < 0


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
