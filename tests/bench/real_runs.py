"""A whole run of a real world: five orders, two faults, quiet, judged, reset; as a process of its own, so that several run
side by side.

Called as a module with the world's name, a seed and a time, it prints how long its servers took to come up, then, once
told to go on by a line on its input, how many runs it made in that time and how many were no evidence.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from dataclasses import dataclass

from shaketable.boundary import Boundary
from shaketable.fault import CrashReceiver, CrashSender, Fault
from shaketable.runner import Run, execute
from shaketable.schedule import Inject, Schedule
from shaketable.sim.world import SimWorld
from shaketable.world_choice import close_worlds, search_world_for
from shaketable_patterns.order_system.machines.nemesis import Nemesis
from tests.bench.orders import PLACED, SAGA


@dataclass(frozen=True, slots=True)
class Reached:
    """What some processes made together."""

    up_s: float
    runs: int
    void: int
    runs_per_second: float


def reached(world: str, *, processes: int, seconds: float, crashes: bool) -> Reached:
    """Let so many processes, each with servers of its own, make runs for `seconds`. Raises CalledProcessError."""
    words = [sys.executable, "-m", __name__, world, str(seconds), str(int(crashes))]
    started = [
        subprocess.Popen([*words, str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for seed in range(processes)
    ]
    try:
        up_s = max(float(_line(process)) for process in started)
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [[float(word) for word in _line(process).split()] for process in started]
    finally:
        for process in started:
            if process.stdin is not None:
                process.stdin.close()
            process.wait()
    runs, void = (int(sum(column)) for column in list(zip(*told, strict=True))[:2])
    return Reached(up_s, runs, void, sum(one[0] / one[2] for one in told))


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise subprocess.CalledProcessError(process.wait(), process.args)
    return line


def _faults(nemesis: Nemesis, chance: random.Random, *, crashes: bool) -> list[Fault]:
    """Two faults of messages, drawn as the search draws them."""
    faults: list[Fault] = []
    while len(faults) < 2:
        fault = nemesis.message_fault(chance.randrange(2**32))
        if crashes or not isinstance(fault, CrashSender | CrashReceiver):
            faults.append(fault)
    return faults


def _boundaries() -> tuple[Boundary, ...]:
    """Where the messages of five orders can go wrong: the addresses are those of every world."""
    run = Run(SimWorld(), SAGA, trace=True)
    for step in PLACED:
        run.step(step)
    run.finish()
    return run.boundaries


def _make_runs(name: str, seconds: float, *, crashes: bool, seed: int) -> None:
    boundaries = _boundaries()
    began_s = time.perf_counter()
    world = search_world_for(SAGA, name)
    try:
        execute(world, SAGA, Schedule(SAGA.name, PLACED[:1]))
        print(time.perf_counter() - began_s, flush=True)
        sys.stdin.readline()
        nemesis, chance = Nemesis(SAGA, boundaries), random.Random(seed)
        runs = void = 0
        began_s = time.perf_counter()
        while time.perf_counter() - began_s < seconds:
            faults = (Inject(fault) for fault in _faults(nemesis, chance, crashes=crashes))
            outcome = execute(world, SAGA, Schedule(SAGA.name, (*faults, *PLACED)))
            if any(judgement.findings for judgement in outcome.judgements):
                raise AssertionError(f"a correct saga was accused: {outcome.judgements}")
            runs, void = runs + 1, void + bool(outcome.unknown)
        print(runs, void, time.perf_counter() - began_s, flush=True)
    finally:
        close_worlds()


if __name__ == "__main__":
    _make_runs(sys.argv[1], float(sys.argv[2]), crashes=bool(int(sys.argv[3])), seed=int(sys.argv[4]))
