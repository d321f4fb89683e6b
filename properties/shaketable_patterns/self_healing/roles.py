"""The roles of a self-healing queue and cache: which rows are active and in which order, and what a store keeps of them."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.mapping.conditions import Where
from shaketable.mapping.roles import Role, Rows, Value

REDIS = "redis"
"""The server that keeps queues and copies, where a queue names no other."""
FILLS = ("guarded", "checked", "expires")
"""What a profile may say of how copies are filled in (the knob `fill`)."""


class Queue(Role, frozen=True, kw_only=True, tag="queue"):
    """Rows that wait, and the sorted set of the store that says so too.

    Those in the state `active` wait, `of` names one, in the queue `place` of several ("": there is one), by `order` (a number or an instant)
    and, where that is equal, by `tie` as text. `key` is the sorted set, `member` the entry, both read from the row. `store` is the
    server that may lose it, and `part` the service that reads it there.
    """

    rows: Rows
    of: Value
    active: Where
    order: Value
    key: Value
    member: Value
    place: Value = "=''"
    tie: Value = ""
    store: str = REDIS
    part: str = ""


class Listing(Role, frozen=True, kw_only=True, tag="listing"):
    """An op that asks for a whole queue: of which place, and where its answer has the list of entries."""

    op: str
    says: Value
    place: Value = "=''"


class Standing(Role, frozen=True, kw_only=True, tag="standing"):
    """An op that asks how far ahead an entry is: `first` is the number of the next one."""

    op: str
    of: Value
    says: Value
    first: int = 1


class Seating(Role, frozen=True, kw_only=True, tag="seating"):
    """An op that calls the next entry: `of` is whom its answer names. Two with the same `key` are one request, repeated."""

    op: str
    of: Value
    key: Value = ""


class Copy(Role, frozen=True, kw_only=True, tag="copy"):
    """Rows of which the store keeps copies, JSON under `key`; `same` is value of the row to value of the copy (`body.*`)."""

    rows: Rows
    of: Value
    key: Value
    same: Mapping[Value, Value]


class Lookup(Role, frozen=True, kw_only=True, tag="lookup"):
    """An op that reads a row, mostly out of its copy; `same` is value of the row to value of the answer (`answer.*`)."""

    op: str
    of: Value
    same: Mapping[Value, Value]


class Invalidation(Role, frozen=True, kw_only=True, tag="invalidation"):
    """An op that changes a row, and whose ok answer, if it is as `where` says, promises that the copy is gone."""

    op: str
    of: Value
    where: Where = {}
