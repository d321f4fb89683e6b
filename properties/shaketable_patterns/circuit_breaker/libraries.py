"""The libraries that are shipped as subjects, each with what it is known to break: data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shaketable.verdict import Level


@dataclass(frozen=True, slots=True)
class Library:
    """One library, sync or asyncio. `adapter` is a module of shaketable_targets.breakers."""

    name: str
    package: str
    adapter: str
    factory: str
    sync: bool
    summary: str
    breaks: Mapping[str, tuple[str, ...]]
    levels: Mapping[str, Level] = field(default_factory=dict)
    may_break: frozenset[str] = frozenset()
    reasons: Mapping[str, str] = field(default_factory=dict)
    """A second, independent reason for each promise that it is said to violate."""


_EXCLUDED = "excluded-counted-as-success"
_OVERADMISSION = "half-open-overadmission"

_CIRCUITBREAKER: dict[str, tuple[str, ...]] = {
    "CB-2": ("closed-from-stale-success",),
    "CB-3": (_OVERADMISSION,),
    "CB-7": (
        "cancelled-counted-as-success",
        _EXCLUDED,
    ),  # a cancelled probe closes it too: in one run of a hundred
}
_PURGATORY: dict[str, tuple[str, ...]] = {
    "CB-2": ("half-open-took-stale-result",),
    "CB-3": (_OVERADMISSION,),
    "CB-7": (_EXCLUDED,),
    "CB-9": ("listener-changed-result",),
}
_OFF: dict[str, Level] = {"CB-3": "OFF-PROFILE"}

LIBRARIES = (
    Library(
        name="breaker/pybreaker",
        package="pybreaker",
        adapter="pybreaker_adapter",
        factory="PybreakerAdapter",
        sync=True,
        summary="pybreaker 1.4.1: holds its lock while the call runs; a raising listener keeps it closed",
        breaks={
            "CB-7": (_EXCLUDED,),
            "CB-9": ("listener-changed-behaviour", "listener-changed-result"),
            "CB-10": ("blocked-by-another-call",),
        },
        levels={"CB-7": "OFF-PROFILE", "CB-9": "VIOLATION", "CB-10": "VIOLATION"},
        may_break=frozenset({"CB-8"}),  # a listener that raises can also keep it open for ever
    ),
    Library(
        name="breaker/circuitbreaker",
        package="circuitbreaker",
        adapter="circuitbreaker_adapter",
        factory="CircuitbreakerAdapter",
        sync=True,
        summary="circuitbreaker 2.1.3: whatever does not count as a failure closes it, in any state",
        breaks=_CIRCUITBREAKER,
        levels=_OFF | {"CB-2": "VIOLATION", "CB-7": "VIOLATION"},
        may_break=frozenset(
            {"CB-5", "CB-8"}
        ),  # a late failure opens it again, also one of an earlier era's probe
    ),
    Library(
        name="breaker/circuitbreaker-asyncio",
        package="circuitbreaker",
        adapter="circuitbreaker_adapter",
        factory="AsyncCircuitbreakerAdapter",
        sync=False,
        summary="circuitbreaker 2.1.3, its asyncio half: the same",
        breaks=_CIRCUITBREAKER,
        levels=_OFF | {"CB-2": "VIOLATION", "CB-7": "VIOLATION"},
        may_break=frozenset({"CB-5", "CB-8"}),
    ),
    Library(
        name="breaker/aiobreaker",
        package="aiobreaker",
        adapter="aiobreaker_adapter",
        factory="AiobreakerAdapter",
        sync=False,
        summary="aiobreaker 1.2.0: half-open admits all; a probe from an earlier era closes it again",
        breaks={
            "CB-0": ("error-changed",),
            "CB-2": ("closed-from-stale-probe",),
            "CB-3": (_OVERADMISSION,),
            "CB-7": (_EXCLUDED,),
            "CB-9": ("listener-changed-behaviour", "listener-changed-result"),
        },
        levels=_OFF | {"CB-0": "VIOLATION", "CB-7": "OFF-PROFILE", "CB-9": "VIOLATION"},
        may_break=frozenset(
            {"CB-5", "CB-8"}
        ),  # a stale probe opens it; late failures and listeners keep it open
    ),
    Library(
        name="breaker/purgatory",
        package="purgatory",
        adapter="purgatory_adapter",
        factory="PurgatoryAdapter",
        sync=False,
        summary="purgatory 3.0.1: half-open admits all; a raising listener replaces the caller's result",
        breaks=_PURGATORY,
        levels=_OFF | {"CB-2": "OFF-PROFILE", "CB-7": "OFF-PROFILE", "CB-9": "VIOLATION"},
        may_break=frozenset({"CB-5"}),  # a stale probe opens it
    ),
    Library(
        name="breaker/purgatory-sync",
        package="purgatory",
        adapter="purgatory_adapter",
        factory="SyncPurgatoryAdapter",
        sync=True,
        summary="purgatory 3.0.1, its sync half: the same",
        breaks=_PURGATORY,
        levels=_OFF | {"CB-2": "OFF-PROFILE", "CB-7": "OFF-PROFILE", "CB-9": "VIOLATION"},
        may_break=frozenset({"CB-5"}),  # a stale probe opens it
    ),
)
