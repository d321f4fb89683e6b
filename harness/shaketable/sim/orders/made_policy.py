"""The policy of a run, made of what its schedule says."""

from __future__ import annotations

from random import Random
from typing import assert_never

from shaketable.orders.policy import Policy
from shaketable.sim.orders.mutating import Mutating
from shaketable.sim.orders.pct import Pct
from shaketable.sim.orders.policy import OrderPolicy
from shaketable.sim.orders.pos import PartialOrderSampling
from shaketable.sim.orders.random_walk import RandomWalk
from shaketable.sim.orders.surw import SelectivelyUniform


def made_policy(policy: Policy | None) -> OrderPolicy | None:
    """Return what decides, None without a policy. Its chance is the policy's own seed."""
    if policy is None:
        return None
    chance = Random(policy.seed)
    match policy.name:
        case "random-walk":
            return RandomWalk(chance)
        case "pct":
            return Pct(chance, policy.depth, policy.events)
        case "pos":
            return PartialOrderSampling(chance)
        case "surw":
            return SelectivelyUniform(chance, policy.object, policy.threads)
        case "mutating":
            return Mutating(chance, policy.events)
        case _:
            assert_never(policy.name)
