"""Bare runs of five orders through all four services: no Hypothesis, no faults, no checkers."""

from __future__ import annotations

from functools import partial

from shaketable.orders.policy import POLICIES, Orders, Policy, PolicyName
from shaketable.runner import Run
from shaketable.schedule import Do
from shaketable.sim.world import SimWorld
from shaketable_patterns.catalogue import order_subjects
from tests.bench.figure import Figure
from tests.bench.pace import Work, compare

ORDERS = 5
RUNS_PER_SECOND_WANTED = 200
DECIDED_SHARE_WANTED = 0.5
ARRIVALS = 400
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


def decided(policy: PolicyName) -> None:
    """The same with a policy that decides what arrives next."""
    run = Run(SimWorld(), SAGA, orders=Orders((), Policy(policy, 1, events=ARRIVALS)))
    run.steps(PLACED)
    run.finish()


def figures() -> list[Figure]:
    works: dict[str, Work] = {"calm": five_orders}
    works |= {policy: partial(decided, policy) for policy in POLICIES}
    rates = compare(works, rounds=7, seconds=0.5)
    calm = rates.pop("calm")
    return [
        Figure("bare five-order runs/s on one core", calm, at_least=RUNS_PER_SECOND_WANTED),
        *(
            Figure(f"the same under {policy}, as a share", rate / calm, at_least=DECIDED_SHARE_WANTED)
            for policy, rate in rates.items()
        ),
    ]
