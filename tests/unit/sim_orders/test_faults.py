"""Faults mean what the contract says where orders are decided, only up to some slacks later under a policy."""

from __future__ import annotations

import pytest

from shaketable.conformance.shop import shop
from shaketable.conformance.suite import Claims, check_world
from shaketable.orders.policy import Orders, Policy
from shaketable.sim.orders.arrival_order import SLACK_MS
from shaketable.sim.world import SimWorld

ARRIVALS = 20
"""More than any op of the contract's shop waits for."""


class Ordered(SimWorld):
    """Opens every run with its orders decided."""

    def __init__(self, policy: Policy | None) -> None:
        super().__init__()
        self.orders = Orders((), policy)

    def open(self, subject, *, seed=0, trace=False):
        return self.open_ordered(subject, self.orders, seed=seed, trace=trace)


def test_first_in_first_out_they_happen_at_the_same_instants():
    check_world(Ordered(None), shop(), Claims())


@pytest.mark.parametrize("policy", [Policy("random-walk", 1), Policy("pos", 3), Policy("pct", 5)])
def test_under_a_policy_they_mean_the_same(policy):
    check_world(Ordered(policy), shop(), Claims(late_ms=ARRIVALS * SLACK_MS))
