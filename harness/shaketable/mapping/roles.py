"""The parts that roles are put together from, as frozen types in Python and the same as tables of a description.

What a part says in value paths and conditions is compiled when it is first asked for, and kept with the part: a mapping
is made once and reads many histories.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

import msgspec

from shaketable.mapping.conditions import Holds, Where, holds
from shaketable.mapping.value_paths import Read, compiled

Value = Annotated[str, msgspec.Meta(extra={"holds": "a value path"})]
"""A value path; see `shaketable.mapping.value_paths`."""


class Rows(msgspec.Struct, frozen=True, dict=True, forbid_unknown_fields=True):
    """The rows of one table that agree with `where`. `key` names the columns that tell them apart."""

    database: str
    table: str
    key: tuple[str, ...] = ()
    where: Where = {}

    @cached_property
    def has(self) -> Holds:
        """Tell whether a row of the table is one of these."""
        return holds(self.where)


class Compiled:
    """What an effect says, compiled."""

    __slots__ = ()

    of: Value
    amount: Value
    where: Where

    @cached_property
    def identity(self) -> str:
        """Return a text that effects which say the same have in common."""
        return repr(self)

    @cached_property
    def read_of(self) -> Read:
        """Read what it is about."""
        return compiled(self.of)

    @cached_property
    def read_amount(self) -> Read:
        """Read how much of it there is."""
        return compiled(self.amount)

    @cached_property
    def is_so(self) -> Holds:
        """Tell whether its condition holds."""
        return holds(self.where)


class Becomes(
    msgspec.Struct, Compiled, frozen=True, dict=True, tag_field="kind", tag="row", forbid_unknown_fields=True
):
    """A committed change of a row: it is inserted, enters the state `where`, leaves it, or is deleted.

    `of` says what it is about, `amount` how much of it. On `leaves` and `delete` both are read from the row as it was.
    """

    rows: Rows
    of: Value
    on: Literal["insert", "enters", "leaves", "delete"] = "insert"
    where: Where = {}
    amount: Value = ""

    @cached_property
    def leaving(self) -> Becomes:
        """Return the change by which a row leaves the same state."""
        return msgspec.structs.replace(self, on="leaves")


class Record(
    msgspec.Struct,
    Compiled,
    frozen=True,
    dict=True,
    tag_field="kind",
    tag="record",
    forbid_unknown_fields=True,
):
    """A record on one of `topics` that agrees with `where`.

    `id` is the event's own id, unique within `source` (everywhere if there is none); `type` the kind of event.
    """

    topics: tuple[str, ...]
    of: Value
    id: Value = ""
    source: Value = ""
    type: Value = ""
    where: Where = {}
    amount: Value = ""

    @cached_property
    def read_id(self) -> Read:
        """Read the event's own id."""
        return compiled(self.id)

    @cached_property
    def read_source(self) -> Read:
        """Read within what the id is unique."""
        return compiled(self.source)

    @cached_property
    def read_type(self) -> Read:
        """Read the kind of event."""
        return compiled(self.type)


class Call(
    msgspec.Struct, Compiled, frozen=True, dict=True, tag_field="kind", tag="call", forbid_unknown_fields=True
):
    """What a third party recorded under `route` in its own ledger."""

    partner: str
    route: str
    of: Value
    amount: Value = ""
    where: Where = {}


Effect = Becomes | Record | Call


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may write: the value `owner` of the claimed row, or of a row of `rows` that all share; free where it is empty.

    `until` is when it runs out, in milliseconds of the wall clock that wrote it.
    """

    owner: Value
    rows: Rows | None = None
    until: Value = ""


class Role(msgspec.Struct, frozen=True, kw_only=True, tag_field="role", forbid_unknown_fields=True):
    """The base of every pattern's roles. `name` tells two of a kind apart in messages; none may share it."""

    name: str = ""
