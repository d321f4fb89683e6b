"""The roles of dead letters: how what failed is filed, and what the groups had to do with it."""

from __future__ import annotations

from functools import cached_property

import msgspec

from shaketable.mapping.conditions import Holds, Where, holds
from shaketable.mapping.consumers import Consumer
from shaketable.mapping.dead_letters import Letter
from shaketable.mapping.roles import Effect, Role


class Command(msgspec.Struct, frozen=True, kw_only=True, dict=True, forbid_unknown_fields=True):
    """What a service asks of another one, and files as a letter of its own (`consumer`) when it cannot be done.

    `where` tells its letters from those about other commands. Any of `done`, of the same `of` as the letter, shows that it was
    done; `once` are the effects among them that may happen only once. With `only_after` there is nothing to do while
    that effect was not done to the same `of`.
    """

    consumer: str
    where: Where = {}
    done: tuple[Effect, ...]
    once: tuple[Effect, ...] = ()
    only_after: Effect | None = None

    @cached_property
    def is_about(self) -> Holds:
        """Tell whether a letter is about it."""
        return holds(self.where)


class DeadLetters(Role, frozen=True, kw_only=True, tag="dead-letters"):
    """The letters of a system, and the records that its groups must handle or file.

    A group owes what its consumer says: `done` or `mark`, or else a letter; one that says neither owes nothing, unless it is
    `hopeless`. An alert is owed by letters that say what their `alert` is, a cause by those that say where their `cause` is.
    A redrive is an op that plays `redrive` (`shaketable.mapping.ops.OpRole`). `commands` are what letters may be about beside records.
    """

    letters: tuple[Letter, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    commands: tuple[Command, ...] = ()
