"""The roles of dead letters: how what failed is filed, and what the groups had to do with it."""

from __future__ import annotations

from shaketable.mapping.consumers import Consumer
from shaketable.mapping.letters import Letter
from shaketable.mapping.roles import Role


class DeadLetters(Role, frozen=True, kw_only=True, tag="dead-letters"):
    """The letters of a system, and the records that its groups must handle or file.

    A redrive is an op that plays `redrive` (`shaketable.mapping.ops.OpRole`).
    """

    letters: tuple[Letter, ...] = ()
    consumers: tuple[Consumer, ...] = ()
