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
from shaketable_targets.restaurant_front.as_listed import AsListed
from shaketable_targets.restaurant_front.mutants import breakers, fallbacks, orders, pools
from shaketable_targets.restaurant_front.service import FrontService

FAMILY = "restaurant-front"
HARDENED = f"{FAMILY}/hardened"
_MUTANTS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "asks-again": (fallbacks.AsksAgain, ("CB-11",)),
    "asks-the-mirror": (fallbacks.AsksTheMirror, ("CB-11",)),
    "waits-for-its-return": (fallbacks.WaitsForItsReturn, ("CB-11",)),
    "breaker-per-request": (breakers.BreakerPerRequest, ("CB-1",)),
    "one-breaker": (breakers.OneBreaker, ("CB-1",)),
    "swallows-errors": (breakers.SwallowsErrors, ("CB-1",)),
    "counts-answers": (breakers.CountsAnswers, ("CB-1",)),
    "times-out-outside": (breakers.TimesOutOutside, ("CB-1",)),
    "probes-without-limit": (breakers.ProbesWithoutLimit, ("CB-3",)),
    "waits-too-short": (breakers.WaitsTooShort, ("CB-4",)),
    "asks-too-many-probes": (breakers.AsksTooManyProbes, ("CB-8",)),
    "repeats-inside": (breakers.RepeatsInside, ("CB-11",)),
    "one-pool": (pools.OnePool, ("BH-6",)),
    "copies-the-size": (pools.CopiesTheSize, ("BH-1",)),
    "lets-one-more-in": (pools.LetsOneMoreIn, ("BH-1",)),
    "leaks-on-failure": (pools.LeaksOnFailure, ("BH-5",)),
    "queues-without-limit": (pools.QueuesWithoutLimit, ("CB-11",)),
    "mails-at-once": (orders.MailsAtOnce, ("CW-1",)),
    "fails-with-the-mail": (orders.FailsWithTheMail, ("CW-1",)),
    "owes-nothing": (orders.OwesNothing, ("CW-3",)),
    "dies-of-an-error": (orders.DiesOfAnError, ("CW-3",)),
    "mails-without-key": (orders.MailsWithoutKey, ("CW-3",)),
    "mails-ask-for-stock": (orders.MailsAskForStock, ("CW-2",)),
    "owes-too-early": (orders.OwesTooEarly, ("CW-3",)),
}


def subjects() -> list[Subject]:
    """Return them all, the hardened one first, in a fixed order."""
    return [hardened(), as_listed(), *mutants()]


def hardened() -> Subject:
    """Return the front that keeps every promise."""
    return subject_of(
        HARDENED, FrontService, "a breaker and a pool for each party outside, and mails sent by a worker"
    )


def as_listed() -> Subject:
    """Return the document's listing of a lookup, in the front that is otherwise hardened."""
    return subject_of(
        f"{FAMILY}/as-listed",
        AsListed,
        "the document's lookup: a breaker and a fallback, and no time-out",
        Expectation(breaks={"CB-11": ("fallback-late",)}, may_break=frozenset({"CB-1", "CB-8", "CB-11"})),
    )


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
