"""The shipped circuit breakers: our reference, its mutants, and libraries from PyPI."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
from collections.abc import Awaitable, Callable, Iterator

from shaketable.components.clock import Clock
from shaketable.subject import Expectation, Subject
from shaketable_patterns.circuit_breaker.kind import breaker
from shaketable_patterns.circuit_breaker.libraries import LIBRARIES, Library
from shaketable_patterns.circuit_breaker.profile import DOCUMENT
from shaketable_targets.breakers.mutants import MUTANTS
from shaketable_targets.breakers.reference import CallNotPermitted, CircuitBreaker

HARDENED = "breaker/hardened"
Build = Callable[[Callable[[], int]], CircuitBreaker]


class ReferenceAdapter:
    """Adapter of the reference breaker and its mutants."""

    rejections = (CallNotPermitted,)

    def __init__(self, subject: CircuitBreaker) -> None:
        self._subject = subject

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        return await self._subject.call(fn)

    def state(self) -> str:
        return self._subject.state

    def listen(self, callback: Callable[[], None]) -> None:
        self._subject.listen(lambda _before, _after: callback())


def subjects() -> list[Subject]:
    """Return all of them in a fixed order; a library that is not installed is left out."""
    return [hardened(), *mutants(), *libraries()]


def hardened() -> Subject:
    """Return our own breaker, configured as in the document: it keeps every promise."""
    summary = "our reference: Resilience4j's documented semantics, the document's configuration"
    return breaker(
        HARDENED, _make(CircuitBreaker), profile=DOCUMENT, sync=False, time="injected", summary=summary
    )


def mutants() -> Iterator[Subject]:
    """Yield the reference with one mistake each; each names the promise that must kill it."""
    for mutant, promise in MUTANTS:
        yield breaker(
            f"breaker/mutant-{_dashed(mutant.__name__)}",
            _make(mutant),
            profile=DOCUMENT,
            sync=False,
            time="injected",
            expects=Expectation(may_break=frozenset({promise})),
            summary=_mistake(mutant),
            mutant_of=HARDENED,
            kills=(promise,),
        )


def libraries() -> Iterator[Subject]:
    """Yield the libraries, each with what is known to be wrong with it."""
    lacking = list(missing_libraries())
    for library in LIBRARIES:
        if library not in lacking:
            yield _library(library)


def missing() -> dict[str, str]:
    """Return the extra that each subject lacks that would be shipped with it."""
    return {library.name: "breakers" for library in missing_libraries()}


def missing_libraries() -> Iterator[Library]:
    """Yield the libraries that are not installed here."""
    return (library for library in LIBRARIES if importlib.util.find_spec(library.package) is None)


def _library(library: Library) -> Subject:
    adapter = importlib.import_module(f"shaketable_targets.breakers.{library.adapter}")
    return breaker(
        library.name,
        getattr(adapter, library.factory),
        profile=adapter.PROFILE,
        sync=library.sync,
        time=adapter.TIME,
        carrier="greenlets",  # none of the libraries tells threads apart, and their locks are made in the run
        expects=Expectation(library.breaks, library.levels, library.may_break, library.reasons),
        summary=library.summary,
        library=library.package,
    )


def _make(build: Build) -> Callable[[Clock], ReferenceAdapter]:
    return lambda clock: ReferenceAdapter(build(clock.now_ms))


def _dashed(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def _mistake(mutant: type[CircuitBreaker]) -> str:
    return (inspect.getdoc(mutant) or "").split("\n", 1)[0]
