"""Every shipped variant of the front, with what it is known to break."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.subject import Expectation, Pattern, Subject
from shaketable_patterns.guarded_calls.clauses import CALLS_RULES
from shaketable_patterns.order_system.judged_pattern import Trial, judged_pattern
from shaketable_patterns.restaurant_front.calibration import calibrate
from shaketable_patterns.restaurant_front.machine import machine_of
from shaketable_patterns.restaurant_front.mapping import mapping
from shaketable_patterns.restaurant_front.profile import HARDENED as PROFILE
from shaketable_patterns.restaurant_front.system import Make, front
from shaketable_patterns.restaurant_front.values import troubled, workload
from shaketable_targets.restaurant_front.mutants import fallbacks
from shaketable_targets.restaurant_front.service import FrontService

FAMILY = "restaurant-front"
HARDENED = f"{FAMILY}/hardened"
_MUTANTS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "fallback-asks-again": (fallbacks.AsksAgain, ("CB-11",)),
}


def subjects() -> list[Subject]:
    """Return them all, the hardened one first, in a fixed order."""
    return [hardened(), *mutants()]


def hardened() -> Subject:
    """Return the front that keeps every promise."""
    return subject_of(HARDENED, FrontService, "a breaker and a pool for each party outside, and mails sent by a worker")


def mutants() -> Iterator[Subject]:
    """Yield the hardened one with one mistake each; each names the promises of which one must kill it."""
    for name, (mistake, kills) in _MUTANTS.items():
        summary = (mistake.__doc__ or "").partition("\n")[0]
        may = frozenset(promise.id for promise in _PATTERN.promises)
        yield subject_of(
            f"{FAMILY}/mutant-{name}", mistake, summary, Expectation(may_break=may), HARDENED, kills
        )


def subject_of(
    name: str,
    make: Make,
    summary: str,
    expects: Expectation | None = None,
    mutant_of: str = "",
    kills: tuple[str, ...] = (),
) -> Subject:
    """Return the front that `make` makes."""
    return Subject(
        name=name,
        pattern=_PATTERN,
        profile=PROFILE,
        target=front(make),
        expects=Expectation() if expects is None else expects,
        summary=summary,
        mutant_of=mutant_of,
        kills=kills,
    )


def _pattern() -> Pattern:
    trial = Trial(machine_of, workload, calibrate, troubled)
    return judged_pattern("calls-chosen-well", mapping(PROFILE), (CALLS_RULES,), trial)


_PATTERN = _pattern()
