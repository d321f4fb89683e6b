"""The roles of the outbox: which changes owe an event, where event rows stand, and what their records look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from shaketable.mapping.conditions import Where
from shaketable.mapping.dead_letters import Letter
from shaketable.mapping.roles import Becomes, Claim, Effect, Record, Role, Rows, Value


class Owes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change of state that others wait for, and the type of the event that announces it.

    With `unless_done` the event may also be announced without this change, as long as that effect was not done to the
    same: a refusal leaves no row, and is none once the money was taken.
    """

    change: Becomes
    type: str = ""
    unless_done: Effect | None = None


class Outbox(Role, frozen=True, kw_only=True, tag="outbox"):
    """One outbox: a service's event rows and the records made from them. Without `events` it is a dual write.

    The values `id` to `payload` are read from an event row when it is inserted; `record` says where the same values are
    on the topic. Without an `id` a row and its record are matched by type and `of`. `sequence` is the order in which a
    relay with a cursor would read. `same` holds what a record must repeat: value of the row to value of the record.

    With `indexed` a relay finds its rows by an index that narrows what it reads, however many rows were sent before.

    The state of a row is `pending`, `sent` or `dead`; `sent` is "deleted" where a row goes when it was published, and
    "log" where a reader of the database's log publishes it, so that its row says nothing of it. `claim` is who may write
    a row, `lock` who may write any. `waits` are the letters by which a dead row, or an event that could not be
    published, is visible.
    """

    owes: tuple[Owes, ...] = ()
    events: Rows | None = None
    id: Value = ""
    of: Value = ""
    type: Value = ""
    topic: Value = ""
    source: Value = ""
    sequence: Value = ""
    payload: Value = ""
    same: Mapping[Value, Value] = {}
    pending: Where = {}
    sent: Where | Literal["deleted", "log"] = {}
    dead: Where = {}
    claim: Claim | None = None
    lock: Claim | None = None
    record: Record | None = None
    waits: tuple[Letter, ...] = ()
    indexed: bool = False
