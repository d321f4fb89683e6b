"""The libraries that are shipped as subjects, each with what it is known to break."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shaketable.profile import Profile
from shaketable.subject import Expectation, Subject
from shaketable.verdict import Level
from shaketable_patterns.bulkhead.kind import bulkhead


@dataclass(frozen=True, slots=True)
class Use:
    """One way to use a library. `adapter` is a module of shaketable_targets.bulkheads."""

    name: str
    package: str
    adapter: str
    factory: str
    sync: bool
    summary: str
    breaks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    may_break: frozenset[str] = frozenset()
    reasons: Mapping[str, str] = field(default_factory=dict)


USES = (
    Use(
        name="bulkhead/hyx",
        package="hyx",
        adapter="hyx_adapter",
        factory="HyxAdapter",
        sync=False,
        summary="hyx 0.0.2 with `async with`: a call that is cancelled while it waits takes its place in the queue with it",
        breaks={"BH-5": ("rejected-with-room-to-wait",)},
        levels={"BH-5": "VIOLATION"},
        may_break=frozenset({"BH-2"}),  # when as many places are lost as there are
        reasons={
            "BH-5": "`acquire` (`hyx/bulkhead/manager.py`, lines 32 to 36) takes its place among `max_capacity` and then waits for one of `max_concurrency`; "
            "what cancels it there leaves it without giving the place back, as `__aexit__` is not called when `__aenter__` raises. As a decorator "
            "(lines 42 to 47) it does give it back."
        },
    ),
    Use(
        name="bulkhead/hyx-decorator",
        package="hyx",
        adapter="hyx_adapter",
        factory="HyxDecoratorAdapter",
        sync=False,
        summary="hyx 0.0.2 as a decorator: the same limits, and nothing is lost",
    ),
    Use(
        name="bulkhead/pyresilience",
        package="pyresilience",
        adapter="pyresilience_adapter",
        factory="PyresilienceAdapter",
        sync=True,
        summary="pyresilience 0.4.1, sync: a semaphore that waits up to its limit",
    ),
    Use(
        name="bulkhead/pyresilience-asyncio",
        package="pyresilience",
        adapter="pyresilience_adapter",
        factory="AsyncPyresilienceAdapter",
        sync=False,
        summary="pyresilience 0.4.1, asyncio: the same",
    ),
)


def missing() -> dict[str, str]:
    """Return the extra that each subject lacks that would be shipped with it."""
    return {use.name: "libraries" for use in USES if importlib.util.find_spec(use.package) is None}


def libraries() -> Iterator[Subject]:
    """Yield the libraries that are installed here, each with what is known to be wrong with it."""
    lacking = missing()
    for use in USES:
        if use.name not in lacking:
            adapter = importlib.import_module(f"shaketable_targets.bulkheads.{use.adapter}")
            yield bulkhead(
                use.name,
                getattr(adapter, use.factory),
                profile=Profile(use.package, adapter.PROFILE),
                sync=use.sync,
                time="injected",  # their waits are time-outs of locks and loops, which are virtual in any case
                carrier="greenlets",  # they do not tell threads apart
                expects=Expectation(use.breaks, use.levels, use.may_break, use.reasons),
                summary=use.summary,
                library=use.package,
            )
