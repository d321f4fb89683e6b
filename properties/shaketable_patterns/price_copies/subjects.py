"""Every shipped variant of the copies of a price list, with what it is known to break."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.profile import Profile
from shaketable.subject import Expectation, Pattern, Subject
from shaketable_patterns.eventual_consistency.clauses import COPIES_RULES
from shaketable_patterns.order_system.judged_pattern import Trial, judged_pattern
from shaketable_patterns.price_copies import profile
from shaketable_patterns.price_copies.calibration import calibrate
from shaketable_patterns.price_copies.machine import machine_of
from shaketable_patterns.price_copies.mapping import mapping
from shaketable_patterns.price_copies.system import Make, price_copies
from shaketable_patterns.price_copies.values import troubled, workload
from shaketable_targets.price_copies.consistent import ConsistentCopy
from shaketable_targets.price_copies.copy import AvailableCopy
from shaketable_targets.price_copies.mutants import available, consistent

FAMILY = "price-copies"
AVAILABLE = f"{FAMILY}/hardened-available"
CONSISTENT = f"{FAMILY}/hardened-consistent"
_ALL = frozenset({"EC-1", "EC-2", "EC-3", "EC-4", "EC-5"})

_AVAILABLE: dict[str, tuple[type, tuple[str, ...]]] = {
    "last-clock-wins": (available.LastClockWins, ("EC-1", "EC-3")),
    "keeps-its-own": (available.KeepsItsOwn, ("EC-1",)),
    "merges-above-highest": (available.MergesAboveHighest, ("EC-1",)),
    "cache-outlives-source": (available.CacheOutlivesSource, ("EC-4",)),
    "says-it-is-fresh": (available.SaysItIsFresh, ("EC-5",)),
    "counts-attempts": (available.CountsAttempts, ("EC-5",)),
    "tells-once": (available.TellsOnce, ("EC-1",)),
    "asks-another": (available.AsksAnother, ("EC-2", "EC-3")),
    "writes-behind": (available.WritesBehind, ("EC-1", "EC-3")),
    "refuses-when-alone": (available.RefusesWhenAlone, ("EC-5",)),
}
_CONSISTENT: dict[str, tuple[type, tuple[str, ...]]] = {
    "answers-in-minority": (consistent.AnswersInMinority, ("EC-4", "EC-5")),
    "reads-its-own": (consistent.ReadsItsOwn, ("EC-2", "EC-3", "EC-4", "EC-5")),
    "writes-to-one": (consistent.WritesToOne, ("EC-4",)),
    "counts-silence": (consistent.CountsSilence, ("EC-4", "EC-5")),
    "reads-without-spreading": (consistent.ReadsWithoutSpreading, ("EC-2",)),
}


def subjects() -> list[Subject]:
    """Return them all, hardened ones first, in a fixed order."""
    return [*hardened(), *mutants()]


def hardened() -> Iterator[Subject]:
    """Yield the kind that answers under a partition, and the kind that refuses."""
    yield subject_of(
        AVAILABLE,
        AvailableCopy,
        profile.AVAILABLE,
        "answers out of its own rows, and says how old they may be",
    )
    yield subject_of(
        CONSISTENT,
        ConsistentCopy,
        profile.CONSISTENT,
        "reads and writes at a majority, and refuses without one",
    )


def mutants() -> Iterator[Subject]:
    """Yield a hardened one with one mistake each; each names the promises of which one must kill it."""
    for name, (mistake, kills) in _AVAILABLE.items():
        yield _mutant(name, mistake, profile.AVAILABLE, AVAILABLE, kills)
    for name, (mistake, kills) in _CONSISTENT.items():
        yield _mutant(name, mistake, profile.CONSISTENT, CONSISTENT, kills)


def _mutant(name: str, mistake: type, declared: Profile, mutant_of: str, kills: tuple[str, ...]) -> Subject:
    summary = (mistake.__doc__ or "").partition("\n")[0]
    return subject_of(
        f"{FAMILY}/mutant-{name}", mistake, declared, summary, Expectation(may_break=_ALL), mutant_of, kills
    )


def subject_of(
    name: str,
    make: Make,
    declared: Profile,
    summary: str,
    expects: Expectation | None = None,
    mutant_of: str = "",
    kills: tuple[str, ...] = (),
) -> Subject:
    """Return copies that `make` makes, judged by what their profile declares."""
    return Subject(
        name=name,
        pattern=_pattern(declared),
        profile=declared,
        target=price_copies(make),
        expects=Expectation() if expects is None else expects,
        summary=summary,
        mutant_of=mutant_of,
        kills=kills,
    )


def _pattern(declared: Profile) -> Pattern:
    trial = Trial(machine_of, workload, calibrate, troubled)
    return judged_pattern("eventual-consistency", mapping(declared), (COPIES_RULES,), trial)
