"""The messages that faults of the order system hit: all of them, and where runs are dear mostly those that decide."""

from __future__ import annotations

from collections import Counter

from shaketable.boundary import Boundary, Route
from shaketable.fault import MessageFault
from shaketable_patterns.catalogue import subjects
from shaketable_patterns.order_system.machines.nemesis import Nemesis

SAGA = next(subject for subject in subjects() if subject.name == "order-saga/hardened")
BOUNDARIES = [
    Boundary(Route("order", "postgres", "INSERT", "orders"), 1),
    Boundary(Route("order", "postgres", "INSERT", "outbox"), 1),
    Boundary(Route("order", "postgres", "UPDATE", "orders"), 1),
    Boundary(Route("order", "postgres", "COMMIT", "orders,outbox"), 1),
    Boundary(Route("payment", "kafka", "FETCH", "order-events/o1"), 1),
]


def hit(*, runs_are_dear: bool, boundaries: list[Boundary] = BOUNDARIES) -> Counter[str]:
    nemesis = Nemesis(SAGA, boundaries, runs_are_dear=runs_are_dear)
    faults = [nemesis.message_fault(pick) for pick in range(20_000)]
    assert all(isinstance(fault, MessageFault) for fault in faults)
    return Counter(fault.boundary.route.verb for fault in faults)


def test_where_runs_cost_nothing_every_route_is_as_likely_as_its_neighbours() -> None:
    verbs = hit(runs_are_dear=False)
    assert verbs["COMMIT"] < verbs["INSERT"]


def test_where_runs_are_dear_half_of_the_faults_are_at_messages_that_decide_and_none_is_left_out() -> None:
    verbs = hit(runs_are_dear=True)
    assert verbs["COMMIT"] > sum(verbs.values()) / 2
    assert set(verbs) == {"INSERT", "UPDATE", "COMMIT", "FETCH"}


def test_where_nothing_decides_all_are_hit() -> None:
    undecided = [b for b in BOUNDARIES if b.route.verb != "COMMIT"]
    assert hit(runs_are_dear=True, boundaries=undecided) == hit(runs_are_dear=False, boundaries=undecided)
