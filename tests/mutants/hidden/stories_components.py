"""Stories written by hand, by which a user of a breaker or a bulkhead would meet a hidden mistake."""

from __future__ import annotations

from shaketable import (
    AtPoint,
    ClockStep,
    Do,
    Inject,
    PointCancel,
    PointCrash,
    PointDelay,
    Step,
    Wait,
)


def start(*calls: int) -> tuple[Step, ...]:
    """Return the steps that begin calls."""
    return tuple(Do("start", {"call": call}) for call in calls)


def finish(how: str, *calls: int) -> tuple[Step, ...]:
    """Return the steps that end calls."""
    return tuple(Do("finish", {"call": call, "with": how}) for call in calls)


def cancel(*calls: int) -> tuple[Step, ...]:
    """Return the steps that cancel calls."""
    return tuple(Do("cancel", {"call": call}) for call in calls)


def row(first: int, count: int, how: str) -> tuple[Step, ...]:
    """Return the steps of calls one after the other."""
    calls = range(first, first + count)
    return tuple(step for call in calls for step in (*start(call), *finish(how, call)))


IS_IT_OPEN = row(900, 3, "ok")
OVER = Wait(10_001)
TEN = range(1, 11)

STORIES: dict[str, tuple[Step, ...]] = {
    "returns-permit-to-later-era": (
        *start(100),
        *row(1, 10, "fail"),
        OVER,
        *start(11, 12, 13),
        *finish("fail", 12, 13, 100),
        OVER,
        *start(14),
        *cancel(11),
        *start(15, 16, 17),
    ),
    "slow-only-if-ok": (
        *start(*TEN),
        Wait(61_000),
        *finish("fail", 1),
        *finish("ok", *TEN[1:]),
        *IS_IT_OPEN,
    ),
    "minimum-of-admitted": (
        *(step for call in range(1, 9) for step in (*start(call), *cancel(call))),
        *row(20, 2, "fail"),
        *IS_IT_OPEN,
    ),
    "ring-of-bytes": (
        *row(1, 246, "ok"),
        *row(301, 4, "fail"),
        *row(401, 6, "ok"),
        *row(501, 1, "fail"),
        *IS_IT_OPEN,
    ),
    "metrics-first": (
        *row(1, 10, "fail"),
        OVER,
        *start(20),
        AtPoint("metrics", PointCancel(), call=20),
        *finish("ok", 20),
        *row(21, 2, "ok"),
    ),
    "times-calls-by-the-wall": (
        *start(*TEN),
        Inject(ClockStep(service="breaker", delta_ms=3_600_000)),
        *finish("ok", *TEN),
        *IS_IT_OPEN,
    ),
    "stale-buckets": (
        *row(1, 2, "fail"),
        Wait(15_500),
        *row(3, 1, "ok"),
        *row(4, 1, "fail"),
        *IS_IT_OPEN,
    ),
    "lock-left-behind": (
        Do("listener", {"mode": "raising"}),
        *row(1, 3, "fail"),
        OVER,
        *row(4, 1, "ok"),
    ),
    "stored-probe": (
        *row(1, 3, "fail"),
        OVER,
        *start(4),
        AtPoint("store.read", PointCrash()),
        *start(5),
        Wait(20_000),
        *start(6),
    ),
    "timeout-loses-the-turn": (
        *start(1, 2, 3, 4),
        AtPoint("journal", PointDelay(for_ms=300)),
        Wait(600),
        *finish("ok", 1),
        Wait(400),
        *finish("ok", 2, 3),
    ),
    "cancelled-turn-leaks": (
        *start(1, 2, 3, 4),
        AtPoint("journal", PointCancel()),
        Wait(100),
        *finish("ok", 1),
    ),
    "waking-costs-a-slice": (*start(1, 2, 3, 4, 5), *finish("ok", 1), Wait(950)),
}
