"""The scripts of the calibration: each asks one question about the profile, with hardly more than one caller at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shaketable.schedule import Do, Step, Wait
from shaketable_patterns.circuit_breaker.machine import TURN_MS, trip_count
from shaketable_patterns.circuit_breaker.profile import Knobs

Script = tuple[str, tuple[Step, ...]]

_LOOKS_AT_MS = (20, 120, 520, 1_020, 5_020)
"""Instants between the usual spans in which implementations look at their statistics."""
_WAITS_AT_PERCENT = (100, 105, 112, 122, 150, 175, 200, 300)
"""When a breaker is asked whether its wait is over, in per cent of the declared one."""
_TOOK_MS = (150, 750, 1_500, 3_000, 7_500, 20_000, 45_000, 90_000)
"""Lengths of calls, between the usual limits."""


def scripts(knobs: Knobs) -> Iterator[Script]:
    """Yield each script with the statement that it checks."""
    trip, close, wait = trip_count(knobs), knobs.probes_to_close, Wait(knobs.wait_ms + 2)
    opened = calls([("fail", trip)])
    later = Wait(knobs.wait_after_ms(1) + knobs.wait_jitter_ms + 2)
    yield "successes keep it closed", calls([("ok", trip + 2)])
    yield "failures open it", (*opened, Wait(TURN_MS), *calls([("ok", 1)], 100))
    yield "it stays open for its wait", (*opened, Wait(max(1, knobs.wait_ms - 2)), *calls([("ok", 1)], 100))
    yield (
        "it closes after its wait",
        (*opened, wait, *calls([("ok", close), ("fail", 1), ("ok", 1)], 100)),
    )
    yield "a failing probe opens it again", (*opened, wait, *calls([("fail", close), ("ok", 1)], 100))
    yield (
        "it waits again after each reopening",
        (*opened, wait, *calls([("fail", close)], 100), later, *calls([("fail", 1), ("ok", 1)], 200)),
    )
    yield "it is half-open as soon as its wait is over", (*opened, *_asked(knobs.wait_ms, 100))
    yield (
        "its wait after a reopening is as long as declared",
        (*opened, wait, *calls([("fail", close)], 50), *_asked(knobs.wait_after_ms(1), 100)),
    )
    yield from _of_outcomes(knobs, trip)
    if knobs.evaluates_every_ms:
        for name, steps in _of_outcomes(knobs, trip):
            looked = (Wait(knobs.evaluates_every_ms + TURN_MS), *calls([("ok", 1)], 900))
            yield f"{name}, once it is looked at", (*steps, *looked)
    yield from _of_half_open(knobs, (*opened, wait))
    yield from _of_time(knobs, trip)


def _asked(wait_ms: int, first: int) -> tuple[Step, ...]:
    """Return failing calls at spans around a wait: all but one are turned away, and that one begins it anew."""
    steps: list[Step] = []
    passed_ms = 0
    for place, percent in enumerate(_WAITS_AT_PERCENT):
        at_ms = wait_ms * percent // 100 + 2
        steps += [Wait(at_ms - passed_ms), *calls([("fail", 1)], first + place)]
        passed_ms = at_ms
    return tuple(steps)


def _of_outcomes(knobs: Knobs, trip: int) -> Iterator[Script]:
    yield (
        "excluded exceptions count as declared",
        calls([("fail", trip - 1), ("excluded", trip), ("ok", 1)]),
    )
    yield "a success ends a row of failures", calls([("fail", trip - 1), ("ok", 1), ("fail", 1), ("ok", 1)])
    yield (
        "failures count beyond a success as declared",
        calls([("fail", trip - 1), ("ok", 1), ("fail", trip - 1), ("ok", 1), ("fail", trip), ("ok", 1)]),
    )
    yield "failures between successes count as declared", calls([("fail", 1), ("ok", 1)] * 8)
    yield "a function that returns None ends as declared", calls([("empty", trip), ("ok", 1)])
    if knobs.trip_rule != "rate":
        return
    size = max(2, knobs.evaluated_from)
    half = size // 2
    yield "a success can complete what is judged", calls([("fail", size - half), ("ok", half), ("ok", 2)])
    yield "a failure can complete what is judged", calls([("ok", half), ("fail", size - half), ("ok", 2)])
    few = max(1, (knobs.failure_threshold * size - 1) // 100)
    yield (
        "failures far back count as declared",
        calls([("ok", size), ("fail", few), ("ok", 2 * size), ("fail", few), ("ok", 1)]),
    )
    hanging = [Do("start", {"call": number}) for number in range(500, 500 + half)]
    ending = [Do("finish", {"call": number, "with": "ok"}) for number in range(500, 500 + half)]
    failing = calls([("fail", size - half), ("ok", 1)])
    yield "calls in flight are no outcomes yet", (*hanging, *failing, *ending, *calls([("ok", 1)], 100))


def _of_half_open(knobs: Knobs, half_opened: tuple[Step, ...]) -> Iterator[Script]:
    permits = knobs.probes_max or 2
    together = range(200, 200 + permits)
    yield (
        "it admits as many probes as declared",
        (
            *half_opened,
            *(Do("start", {"call": number}) for number in together),
            *(Do("finish", {"call": number, "with": "ok"}) for number in together),
        ),
    )
    hanging = [Do("start", {"call": number}) for number in together]
    yield (
        "a probe that hangs keeps its place",
        (
            *half_opened,
            *hanging,
            Wait(max(knobs.probe_renewal_ms, knobs.wait_ms) + 2),
            *(Do("start", {"call": number}) for number in (300, 301)),
            Wait(max(knobs.probe_renewal_ms, knobs.wait_ms) + 2),
            *(Do("start", {"call": number}) for number in (302, 303)),
            *(Do("finish", {"call": number, "with": "ok"}) for number in (*together, *range(300, 304))),
        ),
    )
    yield (
        "probes of which one fails",
        (*half_opened, *calls([("ok", 1), ("fail", 1), ("ok", 1), ("fail", 1), ("ok", 1)], 200)),
    )


def _of_time(knobs: Knobs, trip: int) -> Iterator[Script]:
    failures = calls([("fail", max(1, trip - 1))])
    apart = Wait(max(4 * knobs.wait_ms, 2 * knobs.window_ms))
    soon = Wait(max(1, knobs.wait_ms * 3 // 4))
    yield (
        "failures far apart count together as declared",
        (*failures, apart, *calls([("fail", 1)], 100), soon, *calls([("ok", 1)], 101)),
    )
    if knobs.window == "tumbling":
        closed_ms = knobs.wait_ms + 2
        to_line_ms = -closed_ms % knobs.window_ms
        yield (
            "a window begins anew as declared after it closed",
            (
                *calls([("fail", trip)]),
                Wait(closed_ms),
                *calls([("ok", knobs.probes_to_close), ("fail", trip - 1)], 100),
                Wait(to_line_ms + 2),
                *calls([("fail", 1), ("ok", 1)], 200),
            ),
        )
    looks: list[Step] = []
    passed_ms = 0
    for place, at_ms in enumerate(_LOOKS_AT_MS):
        looks += [Wait(at_ms - passed_ms), *calls([("fail", 1)], 100 + place)]
        passed_ms = at_ms
    yield "it opens at once", (*calls([("fail", trip)]), *looks)
    if knobs.trip_rule == "rate":
        half = max(2, knobs.evaluated_from) // 2
        some = calls([("ok", half), ("fail", max(2, knobs.evaluated_from) - half)])
        yield "it opens at once if only some fail", (*some, *looks)
    slow: list[Step] = []
    number = 0
    for took_ms in _TOOK_MS:
        for how_long_ms in (*[took_ms] * trip, 0):
            number += 1
            took = [Wait(how_long_ms)] if how_long_ms else []
            slow += [Do("start", {"call": number}), *took, Do("finish", {"call": number, "with": "ok"})]
    yield "calls that take long count as declared", tuple(slow)
    if knobs.evaluates_every_ms:
        looked = (Wait(knobs.evaluates_every_ms + TURN_MS), *calls([("ok", 1)], 900))
        yield "calls that take long count once they are looked at", (*slow[:-2], *looked)


def calls(parts: Sequence[tuple[str, int]], first: int = 1) -> tuple[Step, ...]:
    """Return calls one after the other: how they end, and how many end so."""
    steps: list[Step] = []
    for how, count in parts:
        for _ in range(count):
            steps += [Do("start", {"call": first}), Do("finish", {"call": first, "with": how})]
            first += 1
    return tuple(steps)
