"""How many runs a second each state machine reaches: against rules that do nothing, and by its swarm against Hypothesis."""

from __future__ import annotations

import os
import statistics

from shaketable.explore.generate.drawing import draw_runs
from shaketable.explore.generate.hypothesis_settings import STEPS_MAX, search_settings
from shaketable.explore.generate.machine import Machine, generate, machine_for
from shaketable.explore.generate.run_sink import Sink
from shaketable.runner import Outcome
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world_choice import world_for
from shaketable_patterns.catalogue import subjects
from tests.bench.figure import Figure
from tests.bench.idle import idle
from tests.bench.pace import share

EXAMPLES = int(os.environ.get("BENCH_EXAMPLES", "60"))
ROUNDS = 7
SHARE_WANTED = 0.5
SWARM_WANTED = 1.5


class Forgetful(Sink):
    """Takes every run and keeps none."""

    def wants(self) -> bool:
        return True

    def take(self, schedule: Schedule, outcome: Outcome) -> None: ...


def figures() -> list[Figure]:
    """One per family of the order system and per breaker: mutants and listings run the same machines."""
    chosen = [s for s in subjects() if s.name.endswith("/hardened") or _is_library(s)]
    return [make(subject) for subject in chosen for make in (_figure, _by_swarm)]


def _figure(subject: Subject) -> Figure:
    machine = machine_for(subject, world_for(subject), Forgetful())
    still = idle(machine)
    seeds = iter(range(10_000))

    def run(kind: type[Machine], seed: int) -> None:
        generate(kind, seed=seed, limits=search_settings(EXAMPLES))

    def pair() -> tuple[float, float]:
        seed = next(seeds)
        return share(lambda: run(machine, seed), lambda: run(still, seed))

    pair()
    ratios = sorted(pair() for _ in range(ROUNDS))
    reached, floor_s = ratios[len(ratios) // 2]
    return Figure(
        f"{subject.name}: examples/s against no-op rules",
        reached,
        f"(no-op {EXAMPLES / floor_s:,.0f}/s)",
        at_least=SHARE_WANTED,
    )


def _by_swarm(subject: Subject) -> Figure:
    machine = machine_for(subject, world_for(subject), Forgetful())
    seeds = iter(range(10_000))

    def pair() -> float:
        seed = next(seeds)
        faster, _ = share(
            lambda: generate(machine, seed=seed, limits=search_settings(EXAMPLES)),
            lambda: draw_runs(machine, seed=seed, runs=EXAMPLES, steps=STEPS_MAX),
        )
        return 1 / faster

    pair()
    reached = statistics.median(pair() for _ in range(ROUNDS))
    return Figure(
        f"{subject.name}: generated runs/s by its swarm against Hypothesis", reached, at_least=SWARM_WANTED
    )


def _is_library(subject: Subject) -> bool:
    return subject.name.startswith("breaker/") and not subject.mutant_of
