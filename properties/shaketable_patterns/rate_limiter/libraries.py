"""The libraries that are shipped as subjects, each with what it is known to break: data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shaketable.components.interface.adapter import Carrier, TimeWay
from shaketable.verdict import Level


@dataclass(frozen=True, slots=True)
class Library:
    """One library, sync or asyncio. `adapter` is a module of shaketable_targets.rate_limiters, `profile` a name in it."""

    name: str
    package: str
    adapter: str
    factory: str
    sync: bool
    summary: str
    profile: str = "PROFILE"
    time: TimeWay = "injected"
    carrier: Carrier = "threads"
    breaks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)


LIBRARIES = (
    Library(
        name="rate-limiter/aiolimiter",
        package="aiolimiter",
        adapter="aiolimiter_adapter",
        factory="AiolimiterAdapter",
        sync=False,
        summary="aiolimiter 1.3.0: a leaky bucket whose calls wait",
    ),
    Library(
        name="rate-limiter/limits",
        package="limits",
        adapter="limits_adapter",
        factory="log",
        sync=True,
        summary="limits 5.8.0, moving window in memory: looks and notes under one lock",
        profile="LOG",
        time="time-machine",
    ),
    Library(
        name="rate-limiter/limits-counter",
        package="limits",
        adapter="limits_adapter",
        factory="counter",
        sync=True,
        summary="limits 5.8.0, sliding window counter in memory: drops a counter outside its lock, and with it what another thread has counted",
        profile="COUNTER",
        time="time-machine",
        breaks={"RL-4": ("budget-not-shared",)},
        levels={"RL-4": "VIOLATION"},
        reasons={
            "RL-4": "`MemoryStorage.get` removes a counter that it found to be over outside its lock, and with it what another thread has counted since. "
            "Issue 26 of alisaifee/limits asks whether the storage is safe for threads; pull request 352, merged after this version, mended another place of it.",
        },
    ),
    Library(
        name="rate-limiter/ratelimit",
        package="ratelimit",
        adapter="ratelimit_adapter",
        factory="RatelimitAdapter",
        sync=True,
        summary="ratelimit 2.2.1: a fixed window that a call opens",
    ),
)  # fmt: skip
