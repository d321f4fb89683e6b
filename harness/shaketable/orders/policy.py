"""The policy of a run as data, and with its deviations all that decides an order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

from shaketable.orders.deviation import Deviation

PolicyName = Literal["random-walk", "pct", "pos", "surw", "mutating"]
POLICIES: tuple[PolicyName, ...] = get_args(PolicyName)


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The policy that decides the orders of a run, and the seed of its chance.

    `depth` is of `pct`: it finds every defect that needs at most so many ordered pairs of events. `events` and `threads` estimate
    how much happens in a run: arrivals in all, and by kind of thread those at `object`, the one whose orders `surw` makes
    equally likely. `mutating` begins as the deviations beside it say.
    """

    name: PolicyName
    seed: int
    depth: int = 3
    events: int = 100
    object: str = ""
    threads: Mapping[str, int] = {}


class Orders(msgspec.Struct, frozen=True):
    """What decides the order of one run: its deviations, and for all that they do not name a policy."""

    deviations: tuple[Deviation, ...] = ()
    policy: Policy | None = None
