"""The role of a lock in a system of services: what only its holder may write, and by which lease each write was made."""

from __future__ import annotations

from shaketable.mapping.roles import Role, Rows, Value


class GuardedRows(Role, frozen=True, kw_only=True, tag="lock"):
    """Rows that only the holder of a lock may write.

    `of` tells them apart, `token` is the fencing token of the lease by which a row was written last: of two leases the later has
    the greater one. `taken` are the rows of the lock itself, if it is a table's, and `given` the token that such a row gives.
    """

    writes: Rows
    of: Value
    token: Value
    taken: Rows | None = None
    given: Value = ""
