"""Everything tried on one subject in one world, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from shaketable.certificate import Counterexample, PromiseResult, Servers, Spent, SubjectResult
from shaketable.explore.budget import Budget, Clock, Meter
from shaketable.explore.generate.machine import boundaries_of
from shaketable.explore.judge.calibration import mismatches
from shaketable.explore.judge.determinism import require_same_history
from shaketable.explore.judge.digest import digest
from shaketable.explore.judge.evidence import Evidence, Key, Tally
from shaketable.explore.judge.expected import everything_found, surprises
from shaketable.explore.judge.reasons import doubt
from shaketable.explore.progress import Progress, Told, at, every_few_runs, quiet
from shaketable.explore.search import Search, search
from shaketable.explore.shrink.counterexamples import CounterexampleShrinker
from shaketable.explore.shrink.real import RealShrinker
from shaketable.history import Event
from shaketable.subject import Subject
from shaketable.verdict import Promise, Verdict
from shaketable.world import REAL_WORLDS, World, scale_of


class Examined(msgspec.Struct, frozen=True):
    """The result, and the history behind each counterexample by the name of its file."""

    result: SubjectResult
    histories: dict[str, tuple[Event, ...]]
    interrupted: bool = False


def _never() -> bool:
    return False


def certify_subject(
    subject: Subject,
    world: World,
    budget: Budget,
    seed: int = 0,
    *,
    now_s: Clock,
    progress: Told = quiet,
    stop: Callable[[], bool] = _never,
    rehearsal: World | None = None,
) -> Examined:
    """Calibrate, search, shrink, run again, compare with the expectation.

    What a real world shows is shrunk in `rehearsal`, the simulated one, if it shows there too (real_shrinking.py).

    With a budget of runs only, same seed same result, apart from the seconds. `stop` is asked before every run:
    once it answers True the search ends and what was found so far is returned, not shrunk any further.
    Raises HarnessError when an adapter, a checker's contract or determinism is broken.
    """
    meter = Meter(budget, now_s, stop, now_s())
    progress(Progress(subject.name, "calibrating"))
    found = Search(subject, meter, enough=enough_for(subject, budget), told=every_few_runs(progress))

    def told() -> None:
        progress(at("shrinking", found))

    shrinking = (
        RealShrinker(subject, world, found, meter, told, rehearsal)
        if world.name in REAL_WORLDS
        else CounterexampleShrinker(subject, world, found, meter, told)
    )
    calibration: tuple[str, ...] = ()
    examples: dict[Key, Counterexample] = {}
    boundaries: tuple[str, ...] = ()
    try:
        calibration = mismatches(subject, world)
        if not calibration:
            if world.name not in REAL_WORLDS:
                require_same_history(subject, world, subject.pattern.workload(subject))
            catalogue = boundaries_of(subject, world)
            boundaries = tuple(str(b) for b in catalogue)
            search(found, world, catalogue, budget, seed)
            examples = shrinking.all()
    except KeyboardInterrupt:
        if not meter.stopped():
            raise
        examples = shrinking.as_found()  # a world that was interrupted executes nothing any more
    servers = Servers((seed,), scale_of(world)) if world.name in REAL_WORLDS else None
    tried = Tried(world.name, seed, calibration, boundaries, servers)
    result = conclude(found, tried, examples, meter, shrinking.executions)
    progress(at("done", found))
    histories = {file: tuple(history.events) for file, history in shrinking.histories.items()}
    return Examined(result, histories, meter.interrupted)


@dataclass(frozen=True, slots=True)
class Tried:
    """Where and from what the runs were made."""

    world: str
    seed: int
    calibration: tuple[str, ...] = ()
    boundaries: tuple[str, ...] = ()
    servers: Servers | None = None


def conclude(
    found: Evidence, tried: Tried, examples: dict[Key, Counterexample], meter: Meter, executions: int
) -> SubjectResult:
    """What all the runs amount to; `executions` were spent on shrinking."""
    subject, calibration = found.subject, tried.calibration
    expecting = meter.budget.until_expected
    promises = tuple(
        _promise(p, found, examples, calibration, doubt(p, subject, found, expecting=expecting))
        for p in subject.pattern.promises
    )
    unexpected = surprises(subject, promises, calibration)
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
            found.outcomes["ok"],
            found.outcomes["fail"],
        ),
        promises=promises,
        boundaries=tried.boundaries,
        landed=found.landed(),
        transitions=dict(sorted(found.transitions.items())),
        calibration=calibration,
        unknown_runs=dict(sorted(found.unknown_runs.items())),
        as_expected=not unexpected,
        surprises=unexpected,
        servers=tried.servers,
    )


def _promise(
    promise: Promise,
    found: Evidence,
    examples: dict[Key, Counterexample],
    calibration: tuple[str, ...],
    doubted: str,
) -> PromiseResult:
    tally = found.tallies[promise.id]
    mine = tuple(example for key, example in examples.items() if key[0] == promise.id)
    verdict, reason = _verdict(tally, mine, found.runs, calibration)
    if doubted and verdict is Verdict.CERTIFIED:
        verdict, reason = Verdict.UNKNOWN, doubted
    return PromiseResult(
        promise.id, promise.title, promise.kind, verdict, tally.exercised, tally.runs, reason, mine
    )


def _verdict(
    tally: Tally, examples: tuple[Counterexample, ...], runs: int, calibration: tuple[str, ...]
) -> tuple[Verdict, str]:
    if examples:
        return Verdict.VIOLATED, ""
    if calibration:
        return Verdict.UNKNOWN, f"what is declared does not fit: {calibration[0]}"
    if tally.checker_failed:
        return Verdict.UNKNOWN, tally.checker_failed
    if tally.exercised:
        return Verdict.CERTIFIED, ""
    telling = runs - tally.unknown.total()
    if tally.unknown and not telling:
        return Verdict.UNKNOWN, min(tally.unknown, key=lambda r: (-tally.unknown[r], r))
    return Verdict.UNKNOWN, f"never exercised in {telling} runs"


def enough_for(subject: Subject, budget: Budget) -> Callable[[Evidence], bool]:
    """Whether the search is over before the budget is: never, unless it is for something that is known."""
    if not budget.until_expected:
        return lambda _: False
    if subject.kills:
        return lambda found: any(promise in subject.kills for promise, _ in found.found)
    return lambda found: everything_found(subject, found.found)
