"""The conclusion of a search: a verdict for each promise, with the reason where nothing can be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shaketable.certificate import ClauseTried, Counterexample, PromiseResult, Servers, Spent, SubjectResult
from shaketable.checker import ClauseChecker
from shaketable.explore.budget import Meter
from shaketable.explore.judge.contradictions import Key
from shaketable.explore.judge.evidence import Evidence, Tally
from shaketable.explore.judge.evidence_floor import never_answered, too_little
from shaketable.explore.judge.expectations import everything_found, surprises
from shaketable.explore.judge.subject_digest import digest
from shaketable.subject import Subject, System
from shaketable.verdict import Promise, Reason, Verdict

_WAYS_TOLD = 2
"""So many ways to exercise a promise are told beside the reason that it never was."""


@dataclass(frozen=True, slots=True)
class Tried:
    """The circumstances of the runs: their world and seed, and what was known before the search."""

    world: str
    seed: int
    calibration: tuple[str, ...] = ()
    boundaries: tuple[str, ...] = ()
    servers: Servers | None = None
    fault: str = ""
    """The fault of the harness that ended the search."""


def conclude(
    found: Evidence, tried: Tried, examples: Mapping[Key, Counterexample], meter: Meter, executions: int
) -> SubjectResult:
    """Make the result of all the runs; `executions` were spent on shrinking."""
    subject = found.subject
    promises = (
        *(_promise(p, found, tried, examples, meter) for p in subject.pattern.promises),
        *_required(subject),
    )
    unexpected = surprises(subject, promises, tried.calibration)
    return SubjectResult(
        subject=subject.name,
        pattern=subject.pattern.name,
        summary=subject.summary,
        digest=digest(subject),
        profile=subject.profile,
        world=tried.world,
        seed=tried.seed,
        spent=Spent(
            found.runs,
            found.steps,
            found.ops,
            meter.elapsed_s,
            executions,
            found.faults_landed,
            found.ended_so("ok"),
            found.ended_so("fail"),
        ),
        promises=promises,
        boundaries=tried.boundaries,
        landed=found.landed(),
        transitions=dict(sorted(found.transitions.items())),
        calibration=tried.calibration,
        unknown_runs={
            r.text: n for r, n in sorted(found.unknown_runs.items(), key=lambda item: item[0].text)
        },
        as_expected=not unexpected,
        surprises=unexpected,
        servers=tried.servers,
        not_claimed=subject.pattern.not_claimed,
        orders=found.orders(),
    )


def _required(subject: Subject) -> list[PromiseResult]:
    """Return an unknown result for each promise that is required and of which no clause is claimed."""
    claimed = {promise.id for promise in subject.pattern.promises}
    return [
        PromiseResult(
            wanted,
            "required, and not claimed",
            "safety",
            Verdict.UNKNOWN,
            0,
            0,
            _undeclared(subject, wanted).text,
            reason_kind="not-claimed",
        )
        for wanted in subject.pattern.requires
        if wanted not in claimed
    ]


def _undeclared(subject: Subject, promise: str) -> Reason:
    missing = [
        f"{one.clause} ({', '.join(one.missing)})"
        for one in subject.pattern.not_claimed
        if one.promise == promise
    ]
    what = "; ".join(missing) or "no role of its pattern is declared"
    return Reason("not-claimed", f"required, and not claimed: {what}")


def _promise(
    promise: Promise, found: Evidence, tried: Tried, examples: Mapping[Key, Counterexample], meter: Meter
) -> PromiseResult:
    tally, words = found.tallies[promise.id], _reached_by(found.subject)
    clauses = {clause: 0 for of, clause in words if of == promise.id} | tally.clauses
    mine = tuple(example for key, example in examples.items() if key[0] == promise.id)
    verdict, reason = Verdict.VIOLATED, None
    if not mine:
        reason = reason_for(promise, found, tried.calibration, until_expected=meter.budget.until_expected)
        if reason is None and tried.fault:
            reason = Reason("harness-fault", f"a run failed before the search was over: {tried.fault}")
        verdict = Verdict.CERTIFIED if reason is None else Verdict.UNKNOWN
    return PromiseResult(
        promise.id,
        promise.title,
        promise.kind,
        verdict,
        tally.exercised,
        tally.runs,
        "" if reason is None else reason.text,
        mine,
        "" if reason is None else reason.kind,
        clauses,
        _tried(promise.id, clauses, tally, words),
    )


def _tried(
    promise: str, clauses: Mapping[str, int], tally: Tally, words: Mapping[tuple[str, str], str]
) -> dict[str, ClauseTried]:
    """Return what put each clause to the test; of one that was never reached, what would."""
    tried: dict[str, ClauseTried] = {}
    for clause, exercised in clauses.items():
        strikes = tally.strikes_of.get(clause)
        if exercised and strikes is not None:
            kinds, places = tuple(sorted(strikes.kinds)), tuple(sorted(strikes.places))
            tried[clause] = ClauseTried(strikes.runs, kinds, places)
        else:
            tried[clause] = ClauseTried(reached_by=words.get((promise, clause), ""))
    return tried


def _reached_by(subject: Subject) -> dict[tuple[str, str], str]:
    words: dict[tuple[str, str], str] = {}
    for checker in subject.pattern.checkers:
        if isinstance(checker, ClauseChecker):
            words.update(checker.reached_by)
    return words


def reason_for(
    promise: Promise, found: Evidence, calibration: tuple[str, ...] = (), *, until_expected: bool = False
) -> Reason | None:
    """Say why a promise that no run broke is unknown; None when it is certified.

    `until_expected`: the search was to end once what is expected was found.
    """
    tally = found.tallies[promise.id]
    if calibration:
        return Reason("calibration", f"what is declared does not fit: {calibration[0]}")
    if tally.checker_failed:
        return tally.checker_failed
    if not tally.exercised:
        return _unexercised(promise, tally, found)
    subject = found.subject
    required = promise.id in subject.pattern.requires
    if required and any(one.promise == promise.id for one in subject.pattern.not_claimed):
        return _undeclared(subject, promise.id)
    return _of_the_search(promise, found, until_expected=until_expected)


def _unexercised(promise: Promise, tally: Tally, found: Evidence) -> Reason:
    """Return the most frequent reason of the runs if none of them could be judged, else that it was never exercised.

    With it stands what would exercise the promise, where its checker says so.
    """
    judged = found.runs - tally.unknown.total()
    if tally.unknown and not judged:
        return min(tally.unknown, key=lambda reason: (-tally.unknown[reason], reason.text))
    by = list(
        dict.fromkeys(words for (of, _), words in _reached_by(found.subject).items() if of == promise.id)
    )
    more = f", or in {len(by) - _WAYS_TOLD} other ways" if len(by) > _WAYS_TOLD else ""
    would = f"; it would be by {', or by '.join(by[:_WAYS_TOLD])}{more}" if by else ""
    return Reason("never-exercised", f"never exercised in {judged} runs{would}")


def _of_the_search(promise: Promise, found: Evidence, *, until_expected: bool) -> Reason | None:
    """Return the first reason, of all runs together, not to certify what was exercised and held."""
    for (blamed, _), reason in sorted(found.contradicted().items()):
        if blamed == promise.id:
            return Reason("contradicted", reason)
    if isinstance(found.subject.target, System) and not found.faults_landed:
        return Reason("no-fault-landed", "no fault landed in any run")
    if unanswered := never_answered(found.ended):
        return unanswered
    restless = sum(runs for reason, runs in found.unknown_runs.items() if reason.kind == "never-quiet")
    if restless and promise.kind == "liveness":
        return Reason(
            "never-quiet",
            f"{restless} of {found.runs} runs never became quiet after everything healed, and it is not known how they end; "
            f"{found.unrest.words()}",
        )
    if until_expected and everything_found(found.subject, found.found):
        return Reason(
            "ended-early", f"the search ended after {found.runs} runs, when what was expected was found"
        )
    return too_little(found.subject, found.tallies[promise.id].strikes)
