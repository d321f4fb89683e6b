"""The roles of two-phase commit: what each participant does of a transaction, and the coordinator's log."""

from __future__ import annotations

from shaketable.mapping.conditions import Where
from shaketable.mapping.roles import Becomes, Role, Rows, Value


class Branch(Role, frozen=True, kw_only=True, tag="branch"):
    """What one participant does of a global transaction: `does.of` says of which, by a column of the row.

    One that is `optional` takes part only in the transactions in which it prepared or committed something. `prepared_as` is the name under
    which it is prepared, with {} for what `does.of` says: PostgreSQL does not tell any more what a transaction wrote that was
    prepared and has been rolled back, so that without it such a one is not seen on real servers.
    """

    does: Becomes
    prepared_as: str = ""
    optional: bool = False


class Decision(Role, frozen=True, kw_only=True, tag="decision"):
    """The coordinator's log: rows of which `of` says what they decide. One in neither state has not decided.

    Declare it where no branch may commit before its row says so, and where no row in the end means to roll back.
    """

    rows: Rows
    of: Value
    commit: Where
    abort: Where
