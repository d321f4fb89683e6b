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
    budget = Budget(runs=runs_max, starts=1)
    meter = Meter(budget, lambda: 0.0, stop, 0.0)
    found = Search(mutant, meter, enough=lambda e: bool(_kills(mutant, e)), progress=progress)
    try:
        search(found, world, boundaries_of(mutant, world), budget, seed)
    except KeyboardInterrupt:
        if not meter.stopped():
            raise
    killers = tuple(sorted({promise for promise, _ in found.found}))
    kills = _kills(mutant, found)
    steps = min((len(found.found[key].starts[0].steps) for key in kills), default=0)
    return MutantResult(mutant.name, mutant.kills, killers, found.runs if kills else 0, steps)


def _kills(mutant: Subject, found: Evidence) -> list[Key]:
    return [key for key in found.found if key[0] in mutant.kills]
