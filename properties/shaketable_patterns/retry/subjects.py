"""The shipped retries: our references for asyncio and for threads, libraries from PyPI, and mutants."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from shaketable.components.clock import Clock
from shaketable.profile import Profile
from shaketable.subject import Expectation, Subject
from shaketable_patterns.retry.kind import retry
from shaketable_patterns.retry.libraries import LIBRARIES
from shaketable_patterns.retry.profile import OURS, knobs_of
from shaketable_patterns.retry.promises import PROMISES
from shaketable_targets.retries.asyncio_retry import AsyncRetry
from shaketable_targets.retries.mutants import ASYNCIO_MUTANTS, POLICIES, THREAD_MUTANTS
from shaketable_targets.retries.policy import Policy, Settings
from shaketable_targets.retries.thread_retry import ThreadRetry

ASYNCIO, THREADS = "retry/hardened", "retry/hardened-threads"
NONE_TOO = Profile("the same, and a result of None is tried again", {**OURS.knobs, "retries_none": True})


class AsyncRetryAdapter:
    """Adapter of the asyncio retry and its mutants."""

    rejections = ()

    def __init__(self, subject: AsyncRetry) -> None:
        self._subject = subject

    async def call(self, fn: Callable[[], Awaitable[object]], idempotent: bool) -> object:
        return await self._subject.call(fn, idempotent=idempotent)


class ThreadRetryAdapter:
    """Adapter of the retry for threads and its mutants."""

    rejections = ()

    def __init__(self, subject: ThreadRetry) -> None:
        self._subject = subject

    def call(self, fn: Callable[[], object], idempotent: bool) -> object:
        return self._subject.call(fn, idempotent=idempotent)


def subjects() -> list[Subject]:
    """Return all of them in a fixed order; a library that is not installed is left out."""
    return [*hardened(), *libraries(), *mutants()]


def missing() -> dict[str, str]:
    """Return the extra that each subject lacks that would be shipped with it."""
    return {one.name: "libraries" for one in LIBRARIES if importlib.util.find_spec(one.package) is None}


def libraries() -> Iterator[Subject]:
    """Yield the libraries, each with what is known to be wrong with it."""
    lacking = missing()
    for library in LIBRARIES:
        if library.name not in lacking:
            adapter = importlib.import_module(f"shaketable_targets.retries.{library.adapter}")
            yield retry(
                library.name,
                getattr(adapter, library.factory),
                profile=adapter.PROFILE,
                sync=library.sync,
                time="substituted",
                carrier="greenlets",  # none of them tells threads apart
                expects=Expectation(library.breaks, library.levels, library.may_break, library.reasons),
                summary=library.summary,
                library=library.package,
            )


def hardened() -> list[Subject]:
    """Return our own retries: they keep every promise."""
    return [
        _in_asyncio(ASYNCIO, "our reference for asyncio: declared errors alone, a budget of time, requests that are idempotent"),
        _in_threads(THREADS, "our reference for threads: the same, and a result of None is tried again"),
    ]  # fmt: skip


def mutants() -> Iterator[Subject]:
    """Yield the references with one mistake each; each names the promise that must kill it."""
    for policy, promise in POLICIES:
        yield _in_asyncio(_name(policy), _mistake(policy), ASYNCIO, promise, policy=policy)
    for mutant, promise in ASYNCIO_MUTANTS:
        yield _in_asyncio(_name(mutant), _mistake(mutant), ASYNCIO, promise, make=mutant)
    for in_threads, promise in THREAD_MUTANTS:
        yield _in_threads(_name(in_threads), _mistake(in_threads), THREADS, promise, make=in_threads)


def _in_asyncio(
    name: str,
    summary: str,
    mutant_of: str = "",
    kills: str = "",
    *,
    make: type[AsyncRetry] = AsyncRetry,
    policy: type[Policy] = Policy,
) -> Subject:
    def adapter(clock: Clock) -> AsyncRetryAdapter:
        return AsyncRetryAdapter(make(policy(clock, _settings(OURS))))

    return _subject(name, adapter, OURS, summary, mutant_of, kills, sync=False)


def _in_threads(
    name: str, summary: str, mutant_of: str = "", kills: str = "", *, make: type[ThreadRetry] = ThreadRetry
) -> Subject:
    def adapter(clock: Clock) -> ThreadRetryAdapter:
        return ThreadRetryAdapter(make(Policy(clock, _settings(NONE_TOO)), time.sleep))

    return _subject(name, adapter, NONE_TOO, summary, mutant_of, kills, sync=True)


def _subject(
    name: str,
    make: Callable[..., Any],
    profile: Profile,
    summary: str,
    mutant_of: str,
    kills: str,
    *,
    sync: bool,
) -> Subject:
    return retry(
        name,
        make,
        profile=profile,
        sync=sync,
        time="injected",  # what sleeps does so in virtual time in any case
        carrier="greenlets",  # they do not tell threads apart, and have no locks
        expects=Expectation(may_break=frozenset(promise.id for promise in PROMISES if kills)),
        summary=summary,
        mutant_of=mutant_of,
        kills=(kills,) if kills else (),
    )


def _settings(profile: Profile) -> Settings:
    knobs = knobs_of(profile)
    return Settings(knobs.attempts, knobs.wait_ms, knobs.wait_max_ms, knobs.budget_ms, knobs.retries_none)


def _name(mutant: type[object]) -> str:
    return f"retry/mutant-{re.sub(r'(?<!^)(?=[A-Z])', '-', mutant.__name__).lower()}"


def _mistake(mutant: type[object]) -> str:
    return (inspect.getdoc(mutant) or "").split("\n", 1)[0]
