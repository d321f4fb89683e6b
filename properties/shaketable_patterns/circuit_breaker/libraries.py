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

_WHY_CIRCUITBREAKER = {
    "CB-2": "`__exit__` (`circuitbreaker.py`, lines 113 to 120) calls `reset()` for every call that did not fail, and `reset()` closes it without "
    "asking what its state is, or when the call began. Its README closes it by the test-execution alone.",
    "CB-7": "the same lines take whatever is no expected failure for a success, a cancelled call too. The author of pull request 71 of "
    "fabfuel/circuitbreaker says the same of the half-open state: an exception that does not match counts as a success.",
}
_WHY_AIOCIRCUITBREAKER = {
    "CB-2": "`__exit__` (`aiocircuitbreaker.py`, lines 52 to 61) goes to `__call_succeeded` for every call that did not fail, which closes it (lines 93 to 99) "
    "without asking what its state is, or when the call began. Its README closes it by the test-execution alone.",
    "CB-7": "the same lines take whatever is no expected failure for a success, a cancelled call too. The author of pull request 71 of "
    "fabfuel/circuitbreaker, of which it is the asyncio version, says the same of the half-open state.",
}
_WHY_PURGATORY = {
    "CB-9": "`__exit__` (`service/_sync/circuitbreaker.py`, lines 42 to 53, and the same in `_async`) hands every message to the listeners when the call "
    "has ended, and nothing catches what they raise: it takes the place of the result.",
}

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
        reasons={
            "CB-9": "`open()` (`__init__.py`, line 285) assigns `self.state` before the storage, and that calls the listeners (line 839) without "
            "catching what they raise: the storage stays closed, and the error reaches the caller.",
            "CB-10": "`call` (`__init__.py`, lines 250 and 251) holds the breaker's lock while the function runs. Issue 3 of "
            "danielfm/pybreaker says that only one call at a time is processed; pull request 57, which was closed, would have removed the lock from calls.",
        },
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
        reasons=_WHY_CIRCUITBREAKER,
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
        reasons=_WHY_CIRCUITBREAKER,
        may_break=frozenset({"CB-5", "CB-8"}),
    ),
    Library(
        name="breaker/aiocircuitbreaker",
        package="aiocircuitbreaker",
        adapter="aiocircuitbreaker_adapter",
        factory="AiocircuitbreakerAdapter",
        sync=False,
        summary="aiocircuitbreaker 2.0.0, which took circuitbreaker to asyncio: the same",
        breaks=_CIRCUITBREAKER,
        levels=_OFF | {"CB-2": "VIOLATION", "CB-7": "VIOLATION"},
        reasons=_WHY_AIOCIRCUITBREAKER,
        may_break=frozenset({"CB-5", "CB-8"}),
    ),
    Library(
        name="breaker/hyx",
        package="hyx",
        adapter="hyx_adapter",
        factory="HyxAdapter",
        sync=False,
        summary="hyx 0.0.2: half-open admits all, and takes results of calls that began before",
        breaks={"CB-2": ("half-open-took-stale-result",), "CB-3": (_OVERADMISSION,)},
        levels=_OFF | {"CB-2": "OFF-PROFILE"},
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
        reasons={
            "CB-0": "the call that trips it gets a CircuitBreakerError instead of its own error (`state.py`, lines 178 and 250). That error's own docstring "
            "(line 11) keeps it for calls that fail because the breaker is open.",
            "CB-2": "the success of a trial call goes to the state object that it began in, whose `on_success` (`state.py`, line 257) closes the breaker "
            "whatever its state is by then. The docstring of half-open (lines 228 to 234) keeps it open for another timeout once a trial call failed.",
            "CB-9": "`open()` (`circuitbreaker.py`, line 229) assigns `self.state` before the storage, and that calls the listeners (`state.py`, line 198) "
            "without catching what they raise: the storage stays closed, and the error reaches the caller.",
        },
        # A stale probe opens it; late failures and listeners keep it open; what was excluded and what came late, both counted
        # at once, look like neither.
        may_break=frozenset({"CB-1", "CB-5", "CB-8"}),
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
        reasons=_WHY_PURGATORY,
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
        reasons=_WHY_PURGATORY,
        may_break=frozenset({"CB-5"}),  # a stale probe opens it
    ),
)
