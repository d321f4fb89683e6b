"""The shipped idempotency stores: our references for threads and for asyncio, two libraries, and the references with one mistake each."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from shaketable.components.clock import Clock
from shaketable.profile import Profile
from shaketable.subject import Expectation, Subject
from shaketable_patterns.idempotency_store.kind import idempotency_store
from shaketable_patterns.idempotency_store.profile import KEPT, RENEWED, knobs_of
from shaketable_patterns.idempotency_store.promises import PROMISES
from shaketable_targets.idempotency_stores.mutants import ASYNCIO_MUTANTS, MUTANTS
from shaketable_targets.idempotency_stores.once import Once, OnceAdapter
from shaketable_targets.idempotency_stores.once_asyncio import AsyncOnce, AsyncOnceAdapter
from shaketable_targets.idempotency_stores.records import Records
from shaketable_targets.idempotency_stores.settings import Settings

THREADS, ASYNCIO = "idempotency-store/hardened", "idempotency-store/hardened-asyncio"
_LIBRARIES = {
    "idempotency-store/powertools": ("aws-lambda-powertools",),
    "idempotency-store/asgi-header": ("asgi-idempotency-header", "fastapi", "starlette"),
}
POWERTOOLS_PROFILE = Profile(
    "Powertools in AWS Lambda",
    {**KEPT.knobs, "grace_ms": 2_000, "on_cancel": "lease", "ends_in_time": True},
)
"""Its times are whole seconds; an invocation never outlives the lease, which is its remaining time."""
HEADER_PROFILE = Profile(
    "asgi-idempotency-header in memory",
    {
        "lease_ms": 0,
        "retention_ms": 60_000,
        "grace_ms": 1_000,
        "other_payload": "unchecked",
        "on_cancel": "lease",
    },
)
"""It has no lease and compares no payload; its backend says that a key is to be removed once its request is completed."""


def subjects() -> list[Subject]:
    """Return all of them in a fixed order, the libraries as far as they are installed."""
    lacking = missing()
    return [*hardened(), *(one for one in library() if one.name not in lacking), *mutants()]


def missing() -> dict[str, str]:
    """Return the libraries that are not installed, each with the extra that adds it."""
    return {name: "libraries" for name, needed in _LIBRARIES.items() if not _are_installed(*needed)}


def library() -> list[Subject]:
    """Return the libraries, each as its documentation shows it."""
    return [
        idempotency_store(
            "idempotency-store/powertools",
            _powertools,
            profile=POWERTOOLS_PROFILE,
            sync=True,
            time="time-machine",
            carrier="greenlets",
            expects=Expectation(
                breaks={"IS-1": ("wrong-outcome",)},
                levels={"IS-1": "VIOLATION"},
                reasons={
                    "IS-1": "The first point of issue 8090 of aws-powertools/powertools-lambda-python is the line of `_handle_for_status` that does it."
                },
            ),
            summary="AWS Lambda Powertools 3.37.0: an outcome that is false comes back as None",
            library="aws-lambda-powertools",
        ),
        idempotency_store(
            "idempotency-store/asgi-header",
            _asgi_header,
            profile=HEADER_PROFILE,
            sync=False,
            time="time-machine",
            expects=Expectation(
                breaks={"IS-4": ("key-blocked",)},
                levels={"IS-4": "VIOLATION"},
                reasons={
                    "IS-4": "Issue 16 of snok/asgi-idempotency-header for requests that raise; for outcomes that are over the docstring of "
                    "`clear_idempotency_key` (`backends/base.py`), by which the key of a completed request should be removed: its middleware does so in no such case."
                },
            ),
            summary="asgi-idempotency-header 0.2.0: a key whose request raised, or whose outcome is over, is refused for ever",
            library="asgi-idempotency-header",
        ),
    ]


def _powertools(clock: Clock, points: Any) -> Any:
    """Make the adapter; the library is imported only for a run of its own."""
    from shaketable_targets.idempotency_stores.powertools_adapter import PowertoolsAdapter

    return PowertoolsAdapter(clock, points, settings_of(POWERTOOLS_PROFILE))


def _asgi_header(_clock: Clock) -> Any:
    """Make the adapter; the library is imported only for a run of its own."""
    from shaketable_targets.idempotency_stores.asgi_header_adapter import AsgiHeaderAdapter

    return AsgiHeaderAdapter(settings_of(HEADER_PROFILE))


def _are_installed(*names: str) -> bool:
    try:
        for name in names:
            distribution(name)
    except PackageNotFoundError:
        return False
    return True


def hardened() -> list[Subject]:
    """Return our own stores: they keep every promise."""
    return [
        _for_threads(THREADS, Once, "our reference for threads: a record with a lease in a shared store"),
        _for_asyncio(
            ASYNCIO, AsyncOnce, "our reference for asyncio: the same, with a heartbeat that extends the lease"
        ),
    ]


def mutants() -> Iterator[Subject]:
    """Yield the references with one mistake each; each names the promise that must kill it."""
    for mutant, promise in MUTANTS:
        yield _for_threads(_name(mutant), mutant, _mistake(mutant), THREADS, promise)
    for in_asyncio, promise in ASYNCIO_MUTANTS:
        yield _for_asyncio(_name(in_asyncio), in_asyncio, _mistake(in_asyncio), ASYNCIO, promise)


def _for_threads(name: str, make: type[Once], summary: str, mutant_of: str = "", kills: str = "") -> Subject:
    def adapter(clock: Clock, points: Any) -> OnceAdapter:
        return OnceAdapter(Records(points, clock, settings_of(KEPT)), points, make)

    return idempotency_store(
        name,
        adapter,
        profile=KEPT,
        sync=True,
        time="injected",
        carrier="greenlets",  # it does not tell threads apart, and has no locks of its own
        expects=_expected(kills),
        summary=summary,
        mutant_of=mutant_of,
        kills=(kills,) if kills else (),
    )


def _for_asyncio(
    name: str, make: type[AsyncOnce], summary: str, mutant_of: str = "", kills: str = ""
) -> Subject:
    def adapter(clock: Clock, points: Any) -> AsyncOnceAdapter:
        return AsyncOnceAdapter(Records(points, clock, settings_of(RENEWED)), points, make)

    return idempotency_store(
        name,
        adapter,
        profile=RENEWED,
        sync=False,
        time="injected",
        expects=_expected(kills),
        summary=summary,
        mutant_of=mutant_of,
        kills=(kills,) if kills else (),
    )


def settings_of(profile: Profile) -> Settings:
    """Return the settings of a store that is what a profile declares."""
    knobs = knobs_of(profile)
    return Settings(knobs.lease_ms, knobs.retention_ms, knobs.renew_ms)


def _expected(kills: str) -> Expectation:
    return Expectation(may_break=frozenset(promise.id for promise in PROMISES if kills))


def _name(mutant: type[object]) -> str:
    return f"idempotency-store/mutant-{re.sub(r'(?<!^)(?=[A-Z])', '-', mutant.__name__).lower()}"


def _mistake(mutant: type[object]) -> str:
    return (inspect.getdoc(mutant) or "").split("\n", 1)[0]
