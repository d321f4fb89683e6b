"""Are the checkers any good? Every mutant must be killed by a promise it names."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from shaketable.certificate import MutantResult
from shaketable.explore.budget import Budget, Meter
from shaketable.explore.generate.machine import boundaries_of
from shaketable.explore.judge.evidence import Evidence
from shaketable.explore.progress import Told, every_few_runs, quiet
from shaketable.explore.search import Search, search
from shaketable.subject import Subject
from shaketable.world import World


def _never() -> bool:
    return False


def _quiet(_: MutantResult) -> None: ...


def score(
    mutants: Iterable[Subject],
    world: World,
    *,
    runs_max: int,
    seed: int = 0,
    told: Callable[[MutantResult], None] = _quiet,
    stop: Callable[[], bool] = _never,
) -> list[MutantResult]:
    """Try each mutant until it is killed or `runs_max` runs are over; those not tried when stopped are left out."""
    results: list[MutantResult] = []
    for mutant in mutants:
        if stop():
            break
        results.append(hunt(mutant, world, runs_max=runs_max, seed=seed, stop=stop))
        told(results[-1])
    return results


def hunt(
    mutant: Subject,
    world: World,
    *,
    runs_max: int,
    seed: int = 0,
    stop: Callable[[], bool] = _never,
    progress: Told = quiet,
) -> MutantResult:
    """One mutant: alive (`runs_to_kill` 0) unless a promise it names was broken.

    Not calibrated first: a mutant may well differ in what it does sequentially, and is none the less alive.
    """
    budget = Budget(runs=runs_max, starts=1)
    meter = Meter(budget, lambda: 0.0, stop, 0.0)
    found = Search(mutant, meter, enough=lambda e: bool(_kill(mutant, e)), told=every_few_runs(progress))
    try:
        search(found, world, boundaries_of(mutant, world), budget, seed)
    except KeyboardInterrupt:
        if not meter.stopped():
            raise
    killers = tuple(sorted({promise for promise, _ in found.found}))
    kill = _kill(mutant, found)
    steps = min((len(found.found[key].starts[0].steps) for key in kill), default=0)
    return MutantResult(mutant.name, mutant.kills, killers, found.runs if kill else 0, steps)


def _kill(mutant: Subject, found: Evidence) -> list[tuple[str, str]]:
    return [key for key in found.found if key[0] in mutant.kills]
