"""Bare runs of five orders through all four services: no Hypothesis, no faults, no checkers."""

from __future__ import annotations

from shaketable.runner import Run
from shaketable.schedule import Do
from shaketable.sim.world import SimWorld
from shaketable_patterns.catalogue import order_subjects
from tests.bench.figure import Figure
from tests.bench.pace import compare

ORDERS = 5
RUNS_PER_SECOND_WANTED = 200
SAGA = next(s for s in order_subjects() if s.name == "order-saga/hardened")
PLACED = tuple(
    Do("place", {"order": f"o{n}", "item": "apple", "quantity": 1, "amount": 10, "key": f"k{n}"})
    for n in range(1, ORDERS + 1)
)


def five_orders() -> None:
    """From an empty world to five confirmed orders, mails sent, all quiet."""
    run = Run(SimWorld(), SAGA)
    for step in PLACED:
        run.step(step)
    history = run.finish()
    mails = sum(event.name == "mail" for event in history)
    if mails != ORDERS:
        raise AssertionError(f"{ORDERS} orders should end with {ORDERS} mails, there are {mails}")


def figures() -> list[Figure]:
    rate = compare({"ours": five_orders}, rounds=7, seconds=0.5)["ours"]
    return [Figure("bare five-order runs/s on one core", rate, at_least=RUNS_PER_SECOND_WANTED)]
