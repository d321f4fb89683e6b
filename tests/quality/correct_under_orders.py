"""Correct breakers, every run of which is under a policy: `python -m tests.quality.correct_under_orders` accuses none of them.

A program, as it takes minutes. It prints a line for each, and exits 1 if one is accused, with the deviations of the run that does so.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget, Meter, derive_seed, never_stop
from shaketable.explore.generate.drawing import draw_runs
from shaketable.explore.generate.hypothesis_settings import STEPS_MAX
from shaketable.explore.generate.machine import machine_for
from shaketable.explore.judge.calibration import calibrate
from shaketable.explore.search import BATCH_RUNS, Search
from shaketable.orders.policy import POLICIES
from shaketable.schedule import dumps
from shaketable.subject import Subject
from shaketable_patterns.circuit_breaker.subjects import subjects
from tests.mutants.orders.components import DEFECTS
from tests.quality.cases.breakers_libraries import CASES, library
from tests.quality.cases.breakers_libraries import DECLARED as OF_LIBRARIES
from tests.quality.cases.breakers_wrong import atomic_store
from tests.quality.test_breaker_cases import AS_DECLARED, DECLARED, make

RUNS = 600


def correct() -> Iterator[Subject]:
    """Yield the cases under what they declare, the twins of the order defects, and the shipped ones."""
    yield from (make(name) for name in AS_DECLARED)
    yield from (make(name, declared) for name, declared in DECLARED.items())
    yield from (library(name, OF_LIBRARIES.get(name)) for name in CASES)
    yield from (defect.right for defect in DEFECTS)
    yield atomic_store()
    known = {defect.right.name for defect in DEFECTS}
    for subject in subjects():
        if not (subject.mutant_of or subject.kills or subject.name in known):
            yield subject


def searched(subject: Subject, runs: int, seed: int) -> Search:
    """Make so many runs, each under a policy, and count what they show."""
    world = ComponentWorld()
    meter = Meter(Budget(runs=runs), lambda: 0.0, never_stop, 0.0)
    found = Search(subject, meter, enough=lambda _: False)
    machine = machine_for(subject, world, found)
    machine.policies = POLICIES
    batch = 0
    while found.wants():
        number = derive_seed(seed, subject.name, "orders", batch)
        draw_runs(machine, seed=number, runs=min(BATCH_RUNS, runs - found.runs), steps=STEPS_MAX)
        batch += 1
    return found


def main() -> int:
    options = argparse.ArgumentParser(
        prog="python -m tests.quality.correct_under_orders", description=__doc__
    )
    options.add_argument("--runs", type=int, default=RUNS, help="of each")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--only", default="", help="a part of a name")
    chosen = options.parse_args()
    accused = 0
    for subject in correct():
        if chosen.only not in subject.name:
            continue
        mismatches = calibrate(subject, ComponentWorld()).mismatches
        found = searched(subject, chosen.runs, chosen.seed)
        contradicted = found.contradicted()
        known = {
            *subject.expects.breaks,
            *subject.expects.may_break,
        }  # a promise that a library breaks, in any way
        wrong = {
            key: one
            for key, one in found.found.items()
            if key not in contradicted and key[0] not in known and one.finding.level != "LIMIT"
        }
        accused += bool(wrong)
        tried = found.orders()
        orders = 0 if tried is None else tried.different
        print(
            f"{subject.name:36} {found.runs} runs, {orders} orders: {'; '.join(map(' '.join, wrong)) or 'none'}"
            f"{' (not what it declares: ' + mismatches[0] + ')' if mismatches else ''}",
            flush=True,
        )
        for one in wrong.values():
            print(f"  {one.finding.message}\n  {dumps(one.schedule).decode()}", flush=True)
    return 1 if accused else 0


if __name__ == "__main__":
    sys.exit(main())
