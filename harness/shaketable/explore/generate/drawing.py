"""A batch of runs of one machine: drawn by its swarm, or by Hypothesis where the swarm cannot.

That depends on the machine, the seed and what its rules call, so the same seed draws the same in any process.
"""

from __future__ import annotations

import warnings

import hypothesis
from hypothesis.errors import HypothesisException, HypothesisWarning
from hypothesis.stateful import run_state_machine_as_test

from shaketable.explore.budget import derive_seed
from shaketable.explore.generate.hypothesis_settings import search_settings
from shaketable.explore.generate.machine import Machine, draw_and_execute
from shaketable.explore.generate.swarm import Swarm


def draw_runs(machine: type[Machine], *, seed: int, runs: int, steps: int) -> None:
    """Draw `runs` runs of at most `steps` rules each and execute them, until the sink ends it.

    Hypothesis draws them if a rule has a strategy that is not plain, and what is left of them from the first rule on that
    asks something of Hypothesis, as `assume` and `note` do. Raises the errors of the harness itself.
    """

    def draw() -> None:
        left = runs - _drawn_by_swarm(machine, seed, runs, steps)
        if left:
            seeded = hypothesis.seed(derive_seed(seed, "hypothesis"))(machine)
            run_state_machine_as_test(seeded, settings=search_settings(left, steps=steps))

    draw_and_execute(machine, draw, seed=seed)


def _drawn_by_swarm(machine: type[Machine], seed: int, runs: int, steps: int) -> int:
    """Let the swarm draw, and return how many of the runs it has drawn."""
    swarm = Swarm.of(machine)
    if swarm is None:
        return 0
    with warnings.catch_warnings():
        warnings.simplefilter("error", HypothesisWarning)  # `assume` warns outside of a test of Hypothesis
        for number in range(runs):
            try:
                swarm.draw(derive_seed(seed, "run", number), steps)
            except HypothesisException:
                if machine.sink.failure is not None:
                    raise
                return number
    return runs
