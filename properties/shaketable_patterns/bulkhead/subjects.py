"""The shipped bulkheads: our references for asyncio and for threads, libraries from PyPI, and mutants."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterator

from shaketable.components.clock import Clock
from shaketable.profile import Profile
from shaketable.subject import Expectation, Subject
from shaketable_patterns.bulkhead.kind import bulkhead
from shaketable_patterns.bulkhead.libraries import libraries, missing
from shaketable_patterns.bulkhead.profile import DOCUMENT, WAITING, knobs_of
from shaketable_patterns.bulkhead.promises import AT_ONCE, PROMISES
from shaketable_targets.bulkheads.asyncio_bulkhead import AsyncBulkhead
from shaketable_targets.bulkheads.mutants import ASYNCIO_MUTANTS, THREAD_MUTANTS
from shaketable_targets.bulkheads.mutants.in_asyncio import CountsRejected
from shaketable_targets.bulkheads.settings import BulkheadFull, Settings
from shaketable_targets.bulkheads.thread_bulkhead import ThreadBulkhead

__all__ = ["hardened", "libraries", "missing", "mutants", "subjects"]

WAITS = "bulkhead/hardened"
REJECTS = "bulkhead/hardened-at-once"
THREADS = "bulkhead/hardened-threads"
_AT_ONCE = frozenset({CountsRejected})
"""Mutants that do not let a call wait."""


class AsyncBulkheadAdapter:
    """Adapter of the asyncio bulkhead and its mutants."""

    rejections = (BulkheadFull,)

    def __init__(self, subject: AsyncBulkhead) -> None:
        self._subject = subject

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        return await self._subject.call(fn)

    def state(self) -> dict[str, int]:
        subject = self._subject
        return {"free": subject.free, "running": subject.running, "queued": subject.queued}


class ThreadBulkheadAdapter:
    """Adapter of the bulkhead for threads and its mutants."""

    rejections = (BulkheadFull,)

    def __init__(self, subject: ThreadBulkhead) -> None:
        self._subject = subject

    def call(self, fn: Callable[[], object]) -> object:
        return self._subject.call(fn)

    def state(self) -> dict[str, int]:
        free, running, queued = self._subject.counts()
        return {"free": free, "running": running, "queued": queued}


def subjects() -> list[Subject]:
    """Return all of them in a fixed order; a library that is not installed is left out."""
    return [*hardened(), *libraries(), *mutants()]


def hardened() -> list[Subject]:
    """Return our own bulkheads: they keep every promise."""
    return [
        _in_asyncio(WAITS, AsyncBulkhead, WAITING, "our reference for asyncio: a call waits for a permit, first come first served"),
        _in_asyncio(REJECTS, AsyncBulkhead, DOCUMENT, "the same, rejecting at once, as the document's pools do"),
        _in_threads(THREADS, ThreadBulkhead, WAITING, "our reference for threads"),
    ]  # fmt: skip


def mutants() -> Iterator[Subject]:
    """Yield the references with one mistake each; each names the promise that must kill it."""
    for mutant, promise in ASYNCIO_MUTANTS:
        at_once = mutant in _AT_ONCE
        profile, of = (DOCUMENT, REJECTS) if at_once else (WAITING, WAITS)
        yield _in_asyncio(_name(mutant), mutant, profile, _mistake(mutant), of, promise)
    for in_threads, promise in THREAD_MUTANTS:
        yield _in_threads(_name(in_threads), in_threads, WAITING, _mistake(in_threads), THREADS, promise)


def _in_asyncio(
    name: str, make: type[AsyncBulkhead], profile: Profile, summary: str, mutant_of: str = "", kills: str = ""
) -> Subject:
    settings = _settings(profile)

    def adapter(_clock: Clock) -> AsyncBulkheadAdapter:
        return AsyncBulkheadAdapter(make(settings))

    return bulkhead(
        name,
        adapter,
        profile=profile,
        sync=False,
        time="injected",
        expects=_expected(kills, settings),
        summary=summary,
        mutant_of=mutant_of,
        kills=(kills,) if kills else (),
    )


def _in_threads(
    name: str,
    make: type[ThreadBulkhead],
    profile: Profile,
    summary: str,
    mutant_of: str = "",
    kills: str = "",
) -> Subject:
    settings = _settings(profile)

    def adapter(_clock: Clock) -> ThreadBulkheadAdapter:
        return ThreadBulkheadAdapter(make(settings))

    return bulkhead(
        name,
        adapter,
        profile=profile,
        sync=True,
        time="injected",  # it has no clock: its waits are lock time-outs, which are virtual in any case
        carrier="greenlets",  # it does not tell threads apart, and makes its locks in the run
        expects=_expected(kills, settings),
        summary=summary,
        mutant_of=mutant_of,
        kills=(kills,) if kills else (),
    )


def _settings(profile: Profile) -> Settings:
    knobs = knobs_of(profile)
    return Settings(knobs.permits, knobs.max_wait_ms)


def _expected(kills: str, settings: Settings) -> Expectation:
    asked = PROMISES if settings.max_wait_ms else AT_ONCE
    return Expectation(may_break=frozenset(promise.id for promise in asked if kills))


def _name(mutant: type[object]) -> str:
    return f"bulkhead/mutant-{re.sub(r'(?<!^)(?=[A-Z])', '-', mutant.__name__).lower()}"


def _mistake(mutant: type[object]) -> str:
    return (inspect.getdoc(mutant) or "").split("\n", 1)[0]
