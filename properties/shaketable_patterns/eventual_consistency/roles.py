"""The roles of copies: their rows, and the ops that write and read at one of them."""

from __future__ import annotations

from shaketable.mapping.roles import Role, Rows, Value


class Replica(Role, frozen=True, kw_only=True, tag="replica"):
    """The rows of one copy: `of` tells them apart, `says` is what is copied, `version` a whole number that is greater in the newer of two.

    `name` is the process that answers out of it.
    """

    rows: Rows
    of: Value
    says: Value
    version: Value


class Writing(Role, frozen=True, kw_only=True, tag="writing"):
    """The op that writes at the copy `at`: of what, what it writes, who does so, and where its answer tells the version."""

    op: str
    of: Value
    says: Value
    at: Value
    version: Value
    reader: Value = ""


class Reading(Role, frozen=True, kw_only=True, tag="reading"):
    """The op that reads at the copy `at`: of what, and where its answer tells the value and its version.

    `reader` says who reads, if that is promised something: `monotonic` (EC-2), `own_writes` (EC-3). One that is `strong` is never
    stale (EC-4). `age` is where the answer says for how many milliseconds it may lag; null if that is not known.
    """

    op: str
    of: Value
    version: Value
    at: Value
    reader: Value = ""
    monotonic: bool = False
    own_writes: bool = False
    strong: bool = False
    age: Value = ""
