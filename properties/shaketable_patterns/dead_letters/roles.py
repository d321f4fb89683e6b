"""The roles of dead letters: how what failed is filed, and what the groups had to do with it."""

from __future__ import annotations

from shaketable.mapping.consumers import Consumer
from shaketable.mapping.dead_letters import Letter
from shaketable.mapping.roles import Role


class DeadLetters(Role, frozen=True, kw_only=True, tag="dead-letters"):
    """The letters of a system, and the records that its groups must handle or file.

    A group owes what its consumer says: `done` or `mark`, or else a letter; one that says neither owes nothing, unless it is
    `hopeless`. An alert is owed by letters that say what their `alert` is, a cause by those that say where their `cause` is.
    A redrive is an op that plays `redrive` (`shaketable.mapping.ops.OpRole`).
    """

    letters: tuple[Letter, ...] = ()
    consumers: tuple[Consumer, ...] = ()
