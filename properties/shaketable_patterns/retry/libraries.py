"""The libraries that are shipped as subjects, each with what it is known to break: data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shaketable.verdict import Level


@dataclass(frozen=True, slots=True)
class Library:
    """One library, sync or asyncio. `adapter` is a module of shaketable_targets.retries."""

    name: str
    package: str
    adapter: str
    factory: str
    sync: bool
    summary: str
    breaks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    may_break: frozenset[str] = frozenset()


_LOST_ERRORS = frozenset({"RT-5"})
"""Errors that are false are lost in concurrent.futures, and no more since Python 3.13.4: a LIMIT, or nothing."""

LIBRARIES = (
    Library(
        name="retry/backoff",
        package="backoff",
        adapter="backoff_adapter",
        factory="BackoffAdapter",
        sync=True,
        summary="backoff 2.2.1: looks at the time before an attempt, so one that outlasts max_time is followed by another",
        breaks={"RT-4": ("went-on-after-budget",)},
        levels={"RT-4": "VIOLATION"},
        reasons={
            "RT-4": "`retry_exception` (`_sync.py`) takes the time that has passed before an attempt, and compares it with `max_time` behind it. Issues 186 and "
            "196 of litl/backoff say so; pull request 130 would have mended it.",
        },
    ),
    Library(
        name="retry/stamina",
        package="stamina",
        adapter="stamina_adapter",
        factory="StaminaAdapter",
        sync=False,
        summary="stamina 26.1.0: a wait that it has begun may lead beyond its timeout",
        may_break=_LOST_ERRORS,
    ),
    Library(
        name="retry/tenacity",
        package="tenacity",
        adapter="tenacity_adapter",
        factory="TenacityAdapter",
        sync=False,
        summary="tenacity 9.2.1: stops before a wait that would lead beyond its budget",
        may_break=_LOST_ERRORS,
    ),
)
