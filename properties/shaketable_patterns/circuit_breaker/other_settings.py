"""The other settings that a breaker may have than those declared: each is one thing that libraries do differently."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable_patterns.circuit_breaker.profile import Knobs

Setting = dict[str, str | int | bool]

_COUNT_MAX = 20
_FACTORS = (2, 3, 6, 10, 60, 1_000)
_LOOKS_MS = (100, 500, 1_000, 5_000)
_DECAYS_MS = (10_000, 30_000, 60_000, 300_000, 1_000_000_000_000)
_SLOW_MS = (100, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000)


def other_settings(knobs: Knobs) -> Iterator[Setting]:
    """Yield settings that differ from `knobs`, those first that say least."""
    yield {"compare": ">" if knobs.compare == ">=" else ">="}
    yield from _of_outcomes(knobs)
    yield from _of_counts(knobs)
    yield {"close_clears": not knobs.close_clears}
    yield {"close_clears": not knobs.close_clears, "judged_on": "failures"}
    yield from _of_half_open(knobs)
    yield from _of_windows(knobs)
    yield from _of_waits(knobs)


def _of_outcomes(knobs: Knobs) -> Iterator[Setting]:
    for counted in ("nothing", "success", "failure"):
        if counted != knobs.excluded:
            yield {"excluded": counted}
    if knobs.trip_rule == "rate":
        yield {"judged_on": "failures" if knobs.judged_on == "outcomes" else "outcomes"}
        if knobs.window != "time":
            yield {"judged_on": "failures", "counted_at": "start"}
            yield {"counted_at": "start"}
    for slow_ms in _SLOW_MS:
        yield {"slow_calls": "failure", "slow_call_ms": slow_ms}
        yield {"slow_calls": "only", "slow_call_ms": slow_ms}
    yield {"none_results": "failure" if knobs.none_results == "success" else "success"}
    if knobs.slow_calls != "apart":
        yield {"slow_calls": "apart"}


def _of_half_open(knobs: Knobs) -> Iterator[Setting]:
    one: Setting = {"half_open_limit": "one", "half_open_permits": 1}
    yield {"after_wait": "closed" if knobs.after_wait == "half_open" else "half_open"}
    renewal: Setting = {"probe_renewal_ms": knobs.wait_ms}
    yield renewal
    yield renewal | one
    yield renewal | {"max_half_open_ms": 0}
    yield renewal | one | {"max_half_open_ms": 0}
    for many in (1, 2, 3):
        yield {"half_open_in_flight": many}
    for limit in ("one", "concurrent"):
        if knobs.half_open_permits or limit == "one":
            yield {"half_open_limit": limit}
    if knobs.half_open_limit == "unlimited":
        yield {"half_open_limit": "gradual"}
    for many in (2, 3, 4, 5):
        yield {"half_open_failures": many}
    if knobs.max_half_open_ms:
        yield {"max_half_open_ms": 0}


def _of_counts(knobs: Knobs) -> Iterator[Setting]:
    for count in range(1, _COUNT_MAX + 1):
        if knobs.trip_rule != "rate":
            yield {"failure_threshold": count}
        yield {"minimum_calls": count}
        yield {"close_on": "successes", "close_successes": count}
        if count < knobs.half_open_permits:  # more than declared is a breach, not a setting
            yield {"half_open_permits": count}
    if knobs.trip_rule != "rate":
        yield {"trip_rule": "consecutive"}
        yield {"trip_rule": "total"}
    if knobs.trip_rule != "balance":
        for count in (knobs.failure_threshold, 3, 5):
            yield {"trip_rule": "balance", "window": "none", "failure_threshold": count}
    for weight in (20, 25, 30, 50):
        for threshold in (40, 50, 60, 70, 80):
            for compare in (">=", ">"):
                yield {"trip_rule": "average", "window": "none", "average_weight_percent": weight} | {
                    "failure_threshold": threshold,
                    "compare": compare,
                }


def _of_waits(knobs: Knobs) -> Iterator[Setting]:
    wait_ms = knobs.wait_ms
    for percent in (150, 200, 300, 1_000):
        yield {"wait_factor_percent": percent}
    yield {"wait_step_ms": wait_ms}
    for decay_ms in _DECAYS_MS:
        yield {"wait_step_ms": wait_ms, "wait_decay_ms": decay_ms}
        yield {"wait_factor_percent": 200, "wait_decay_ms": decay_ms}
    for factor in _FACTORS:
        yield {"wait_ms": wait_ms * factor}
        yield {"wait_ms": max(1, wait_ms // factor)}
    for look_ms in _LOOKS_MS:
        yield {"evaluates_every_ms": look_ms}
    for part in (4, 2, 1):
        yield {"wait_jitter_ms": max(1, wait_ms // part)}


def _of_windows(knobs: Knobs) -> Iterator[Setting]:
    for window_ms in dict.fromkeys(
        (knobs.window_ms or knobs.wait_ms, knobs.wait_ms, 2 * knobs.wait_ms, 3 * knobs.wait_ms)
    ):
        for window in ("tumbling", "time", "none"):
            if window == "tumbling":
                yield {"window": window, "window_ms": window_ms, "window_aligned": True}
            if window != knobs.window and (window != "none" or knobs.trip_rule != "rate"):
                yield {"window": window, "window_ms": window_ms}
    if knobs.trip_rule == "consecutive" and knobs.window == "none":
        yield {"trip_rule": "total", "window": "time", "window_ms": 3 * knobs.wait_ms}
