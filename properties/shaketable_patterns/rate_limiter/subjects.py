"""The shipped rate limiters: our references in one process, waiting, and on a store, libraries from PyPI, and mutants."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

from shaketable.components.clock import Clock
from shaketable.profile import Profile
from shaketable.subject import Expectation, Subject
from shaketable_patterns.rate_limiter.kind import rate_limiter
from shaketable_patterns.rate_limiter.libraries import LIBRARIES
from shaketable_patterns.rate_limiter.profile import DOCUMENT, knobs_of
from shaketable_patterns.rate_limiter.promises import PROMISES
from shaketable_targets.rate_limiters.adapters import (
    StoreLimiterAdapter,
    TokenBucketsAdapter,
    WaitingBucketAdapter,
)
from shaketable_targets.rate_limiters.mutants import IN_PROCESS, ON_STORE, WAITING
from shaketable_targets.rate_limiters.settings import Settings
from shaketable_targets.rate_limiters.store_limiter import StoreLimiter
from shaketable_targets.rate_limiters.token_buckets import TokenBuckets
from shaketable_targets.rate_limiters.waiting_bucket import WaitingBucket

IN_ONE_PROCESS = "rate-limiter/hardened"
WAITS = "rate-limiter/hardened-waits"
STORE = "rate-limiter/hardened-store"

WAITING_PROFILE = Profile(
    "10 a second, burst 5, and calls wait for their turn", {**DOCUMENT.knobs, "burst": 5, "excess": "wait"}
)
CLOSED_PROFILE = Profile(
    "the document's bucket in a store that workers share, closed without it",
    {**DOCUMENT.knobs, "clock": "store", "store_lost": "closed"},
)


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
            adapter = importlib.import_module(f"shaketable_targets.rate_limiters.{library.adapter}")
            yield rate_limiter(
                library.name,
                getattr(adapter, library.factory),
                profile=getattr(adapter, library.profile),
                sync=library.sync,
                time=library.time,
                carrier=library.carrier,
                expects=Expectation(library.breaks, library.levels, reasons=library.reasons),
                summary=library.summary,
                library=library.package,
            )


def hardened() -> list[Subject]:
    """Return our own limiters: they keep every promise."""
    return [
        _in_process(IN_ONE_PROCESS, TokenBuckets, "our reference for threads: the document's token bucket, one for each key"),
        _waiting(WAITS, WaitingBucket, "our reference for asyncio: calls wait for their turn"),
        _on_store(STORE, StoreLimiter, CLOSED_PROFILE, "our reference on a store, one script by its own time; refuses without it"),
    ]  # fmt: skip


def mutants() -> Iterator[Subject]:
    """Yield the references with one mistake each; each names the promise that must kill it."""
    for mutant, promise in IN_PROCESS:
        yield _in_process(_name(mutant), mutant, _mistake(mutant), IN_ONE_PROCESS, promise)
    for of_waiting, promise in WAITING:
        yield _waiting(_name(of_waiting), of_waiting, _mistake(of_waiting), WAITS, promise)
    for on_store, promise in ON_STORE:
        yield _on_store(_name(on_store), on_store, CLOSED_PROFILE, _mistake(on_store), STORE, promise)


def _in_process(
    name: str, make: type[TokenBuckets], summary: str, mutant_of: str = "", kills: str = ""
) -> Subject:
    def adapter(clock: Clock) -> TokenBucketsAdapter:
        return TokenBucketsAdapter(clock, make, _settings(DOCUMENT))

    return _subject(name, adapter, DOCUMENT, summary, mutant_of, kills, sync=True)


def _waiting(
    name: str, make: type[WaitingBucket], summary: str, mutant_of: str = "", kills: str = ""
) -> Subject:
    def adapter(clock: Clock) -> WaitingBucketAdapter:
        return WaitingBucketAdapter(clock, make, _settings(WAITING_PROFILE))

    return _subject(name, adapter, WAITING_PROFILE, summary, mutant_of, kills, sync=False)


def _on_store(
    name: str, make: type[StoreLimiter], profile: Profile, summary: str, mutant_of: str = "", kills: str = ""
) -> Subject:
    def adapter(clock: Clock, points: Any) -> StoreLimiterAdapter:
        return StoreLimiterAdapter(clock, points, make, _settings(profile))

    return _subject(name, adapter, profile, summary, mutant_of, kills, sync=False)


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
    return rate_limiter(
        name,
        make,
        profile=profile,
        sync=sync,
        time="injected",
        carrier="greenlets",  # none of them tells threads apart, and their locks are made in the run
        expects=Expectation(may_break=frozenset(promise.id for promise in PROMISES if kills)),
        summary=summary,
        mutant_of=mutant_of,
        kills=(kills,) if kills else (),
    )


def _settings(profile: Profile) -> Settings:
    knobs = knobs_of(profile)
    return Settings(knobs.rate, knobs.period_ms, knobs.burst, fails_open=knobs.store_lost == "open")


def _name(mutant: type[object]) -> str:
    return f"rate-limiter/mutant-{re.sub(r'(?<!^)(?=[A-Z])', '-', mutant.__name__).lower()}"


def _mistake(mutant: type[object]) -> str:
    return (inspect.getdoc(mutant) or "").split("\n", 1)[0]
