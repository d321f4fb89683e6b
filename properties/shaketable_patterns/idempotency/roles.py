"""The roles of idempotent work: requests under a key with the records kept of them, and consumers that mark what they did."""

from __future__ import annotations

from shaketable.mapping.conditions import Where
from shaketable.mapping.consumers import Consumer
from shaketable.mapping.dead_letters import Letter
from shaketable.mapping.roles import Becomes, Role, Rows, Value


class Keyed(Role, frozen=True, kw_only=True, tag="keyed"):
    """An API whose requests carry an idempotency key. The ops that do say so themselves (`OpRole.key`).

    `executes` are the changes that a request makes once; their `of` is the `of` of the op. `store` keeps a record for
    each `key`, first `running`, then `done`; without a record of its own a service may keep the key in the row it makes.
    `owner` and `until` are who holds a running record and until when, by the wall clock that wrote it: milliseconds, or ISO 8601 with an offset;
    `outcome` is the status that a record keeps. `busy` are the statuses that say "in progress", `misused` those that say
    "another payload".
    """

    executes: tuple[Becomes, ...] = ()
    store: Rows | None = None
    key: Value = ""
    running: Where = {}
    done: Where = {}
    owner: Value = ""
    until: Value = ""
    outcome: Value = ""
    busy: tuple[int, ...] = (409, 425)
    misused: tuple[int, ...] = (422,)


class IdempotentConsumers(Role, frozen=True, kw_only=True, tag="consumers"):
    """Groups that must not do again what comes again. A record that is filed among `letters` may stay unmarked."""

    consumers: tuple[Consumer, ...] = ()
    letters: tuple[Letter, ...] = ()
