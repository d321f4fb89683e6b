"""The shipped idempotency stores: our references for threads and for asyncio, and the references with one mistake each."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
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


def subjects() -> list[Subject]:
    """Return all of them in a fixed order."""
    return [*hardened(), *mutants()]


def hardened() -> list[Subject]:
    """Return our own stores: they keep every promise."""
    return [
        _for_threads(THREADS, Once, "our reference for threads: a record with a lease in a shared store"),
        _for_asyncio(ASYNCIO, AsyncOnce, "our reference for asyncio: the same, with a heartbeat that extends the lease"),
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


def _for_asyncio(name: str, make: type[AsyncOnce], summary: str, mutant_of: str = "", kills: str = "") -> Subject:
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
