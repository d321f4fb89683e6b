"""Tiny programs: threads of events at named objects, run under a policy without any loop. Time never has to pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from shaketable.boundary import Boundary, Route
from shaketable.sim.orders.pending import Pending, Thread
from shaketable.sim.orders.policy import OrderPolicy

Program = Mapping[str, Sequence[str]]
"""By thread the objects that it writes, one after the other; "r:x" reads x."""


def pending(thread: str, number: int, place: int, number_of_leg: int, what: str) -> Pending:
    verb, _, name = what.rpartition(":")
    boundary = Boundary(Route(thread, "server", "SELECT" if verb == "r" else "UPDATE", name), place + 1)
    return Pending(boundary, "request", Thread(number, thread), 0, 50, number_of_leg, print, ())


def run(program: Program, policy: OrderPolicy) -> tuple[str, ...]:
    """Return the events in the order chosen, each as its thread and its place in that: a1, b1, a2."""
    names = list(program)
    left = {name: list(events) for name, events in program.items()}
    due: list[Pending] = []
    legs = 0
    happened: list[str] = []

    def send(name: str) -> None:
        nonlocal legs
        if left[name]:
            legs += 1
            place = len(program[name]) - len(left[name])
            due.append(pending(name, names.index(name), place, legs, left[name].pop(0)))

    for name in names:
        send(name)
    while due:
        chosen = policy.choose(due, may_wait=False)
        assert chosen is not None
        due.remove(chosen)
        name = chosen.boundary.route.sender
        happened.append(f"{name}{chosen.boundary.n}")
        send(name)
    return tuple(happened)


def share(
    program: Program,
    policy: Callable[[Random], OrderPolicy],
    shows: Callable[[tuple[str, ...]], bool],
    runs: int,
) -> float:
    """Return in which share of so many runs, each with a seed of its own, the order of events shows something."""
    return sum(shows(run(program, policy(Random(seed)))) for seed in range(runs)) / runs
