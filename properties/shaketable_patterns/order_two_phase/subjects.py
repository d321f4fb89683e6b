"""Every shipped variant of the orders by two-phase commit, with what it is known to break."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.subject import Expectation, Pattern, Subject, System
from shaketable_patterns.order_system.judged_pattern import Trial, judged_pattern
from shaketable_patterns.order_two_phase import profile
from shaketable_patterns.order_two_phase.calibration import calibrate
from shaketable_patterns.order_two_phase.machine import machine_of
from shaketable_patterns.order_two_phase.mapping import mapping
from shaketable_patterns.order_two_phase.system import order_two_phase
from shaketable_patterns.order_two_phase.values import troubled, workload
from shaketable_patterns.two_phase_commit.clauses import TWO_PHASE_RULES
from shaketable_targets.order_two_phase.mutants import coordinators, participants

FAMILY = "order-two-phase"
HARDENED = f"{FAMILY}/hardened"
_ALL = frozenset({"TP-1", "TP-2", "TP-3"})
_BLOCKS = Expectation(breaks={"TP-2": ("blocked-while-away",)}, levels={"TP-2": "LIMIT"})
"""What every two-phase commit does while its coordinator is away."""

_COORDINATORS: dict[str, tuple[type, tuple[str, ...]]] = {
    "commits-before-all-prepared": (coordinators.CommitsBeforeAllPrepared, ("TP-1",)),
    "logs-after-telling": (coordinators.LogsAfterTelling, ("TP-1", "TP-3")),
    "presumes-commit": (coordinators.PresumesCommit, ("TP-1",)),
    "takes-silence-for-yes": (coordinators.TakesSilenceForYes, ("TP-1",)),
    "answers-rollback-while-undecided": (coordinators.AnswersRollbackWhileUndecided, ("TP-1", "TP-3")),
    "tells-by-poll": (coordinators.TellsByPoll, ("TP-2",)),
}
_PAYMENTS: dict[str, tuple[type, tuple[str, ...]]] = {
    "gives-up-by-itself": (participants.GivesUpByItself, ("TP-1", "TP-3")),
    "commits-by-itself": (participants.CommitsByItself, ("TP-1", "TP-3")),
    "never-asks": (participants.NeverAsks, ("TP-3",)),
    "charges-outside-the-transaction": (participants.ChargesOutsideTheTransaction, ("TP-1",)),
}
_INVENTORIES: dict[str, tuple[type, tuple[str, ...]]] = {
    "votes-before-preparing": (participants.VotesBeforePreparing, ("TP-1",)),
    "commits-any-of-its-own": (participants.CommitsAnyOfItsOwn, ("TP-1", "TP-3")),
}


def subjects() -> list[Subject]:
    """Return them all, the hardened one first, in a fixed order."""
    return [hardened(), *mutants()]


def hardened() -> Subject:
    """Return the system that keeps every promise that two-phase commit can keep."""
    return _subject(
        HARDENED,
        order_two_phase(),
        "a decision in the log before it is told, presumed abort, participants that ask when they are in doubt",
        _BLOCKS,
    )


def mutants() -> Iterator[Subject]:
    """Yield the hardened system with one mistake each; each names the promises of which one must kill it."""
    for name, (mistake, kills) in _COORDINATORS.items():
        yield _mutant(name, mistake, order_two_phase(order=mistake), kills)
    for name, (mistake, kills) in _PAYMENTS.items():
        yield _mutant(name, mistake, order_two_phase(payment=mistake), kills)
    for name, (mistake, kills) in _INVENTORIES.items():
        yield _mutant(name, mistake, order_two_phase(inventory=mistake), kills)


def _mutant(name: str, mistake: type, system: System, kills: tuple[str, ...]) -> Subject:
    summary = (mistake.__doc__ or "").partition("\n")[0]
    expected = Expectation(may_break=_ALL)
    return _subject(f"{FAMILY}/mutant-{name}", system, summary, expected, HARDENED, kills)


def _subject(
    name: str,
    system: System,
    summary: str,
    expects: Expectation,
    mutant_of: str = "",
    kills: tuple[str, ...] = (),
) -> Subject:
    return Subject(
        name=name,
        pattern=_PATTERN,
        profile=profile.HARDENED,
        target=system,
        expects=expects,
        summary=summary,
        mutant_of=mutant_of,
        kills=kills,
    )


def _pattern() -> Pattern:
    trial = Trial(machine_of, workload, calibrate, troubled)
    return judged_pattern("two-phase-commit", mapping(profile.HARDENED), (TWO_PHASE_RULES,), trial)


_PATTERN = _pattern()
