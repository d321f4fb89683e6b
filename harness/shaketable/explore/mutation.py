"""The hunt for one mutant: are the checkers any good? Every mutant must be killed by a promise it names."""

from __future__ import annotations

from collections.abc import Callable

from shaketable.certificate import MutantResult
from shaketable.explore.budget import Budget, Meter, never_stop
from shaketable.explore.generate.machine import boundaries_of
from shaketable.explore.judge.contradictions import Key
from shaketable.explore.judge.evidence import Evidence
from shaketable.explore.progress import OnProgress, ignore
from shaketable.explore.search import Search, search
from shaketable.subject import Subject
from shaketable.world import World


def hunt(
    mutant: Subject,
    world: World,
    *,
    runs_max: int,
    seed: int = 0,
    stop: Callable[[], bool] = never_stop,
    progress: OnProgress = ignore,
) -> MutantResult:
    """Search until a promise that `mutant` names is broken; else it is alive (`runs_to_kill` 0) after `runs_max` runs.

    It is not calibrated first: a mutant may well differ in what it does sequentially, and is alive all the same.
    """
    found = look_for_kill(mutant, world, runs_max=runs_max, seed=seed, stop=stop, progress=progress)
    keys = kills(mutant, found)
    killers = tuple(sorted({promise for promise, _ in found.found}))
    steps = min((len(found.found[key].starts[0].steps) for key in keys), default=0)
    return MutantResult(mutant.name, mutant.kills, killers, found.runs if keys else 0, steps)


def look_for_kill(
    mutant: Subject,
    world: World,
    *,
    runs_max: int,
    seed: int = 0,
    stop: Callable[[], bool] = never_stop,
    progress: OnProgress = ignore,
) -> Search:
    """Return the evidence of that search."""
    budget = Budget(runs=runs_max, starts=1)
    meter = Meter(budget, lambda: 0.0, stop, 0.0)
    found = Search(mutant, meter, enough=lambda e: bool(kills(mutant, e)), progress=progress)
    try:
        search(found, world, boundaries_of(mutant, world), budget, seed)
    except KeyboardInterrupt:
        if not meter.stopped():
            raise
    return found


def kills(mutant: Subject, found: Evidence) -> list[Key]:
    """Return the anomalies in `found` that break a promise which `mutant` names."""
    return [key for key in found.found if key[0] in mutant.kills]
