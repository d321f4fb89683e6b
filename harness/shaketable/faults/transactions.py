"""Faults of a transaction of a database, which its server itself ends."""

from __future__ import annotations

from typing import Literal

from shaketable.boundary import Boundary, Route
from shaketable.faults.messages import Cut, Delivery, MessageFault

_STATEMENTS = frozenset(
    {"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "COPY_OUT", "DECLARE", "CALL", "COMMIT"}
)

SqlState = Literal["40001", "40P01", "57014", "25P03", "57P01"]
"""What PostgreSQL calls the errors of `CONDITIONS`."""
ENDS_SESSION = frozenset({"25P03", "57P01"})
"""Those that end the session too, and with it the connection."""
NEEDS_TRANSACTION = frozenset({"25P03"})
"""Those that only a transaction meets which was begun before: where BEGIN comes with the statement it does not land."""


class Rollback(MessageFault, frozen=True, tag="rollback", kw_only=True):
    """The server answers the statement with the error `sqlstate` and rolls its transaction back, as it may at any time.

    The statement is not executed. A COMMIT so answered has ended its transaction; after any other statement the transaction
    stands failed until its client ends it. What ends the session closes the connection behind the error. (Appendix A of
    PostgreSQL's documentation; `statement_timeout` and `idle_in_transaction_session_timeout` in its chapter 19.)
    """

    words = "answer the {leg} of {at} with {condition} ({sqlstate}), its transaction rolled back {side}"
    sqlstate: SqlState = "40001"

    def __post_init__(self) -> None:
        Boundary.parse(self.at)
        if self.sqlstate not in CONDITIONS:
            raise ValueError(f"sqlstate must be {' or '.join(CONDITIONS)}, got {self.sqlstate!r}")

    @property
    def condition(self) -> str:
        """What the error is called."""
        return CONDITIONS[self.sqlstate]

    def plainer(self) -> tuple[Delivery, ...]:
        cut = Cut(at=self.at, leg=self.leg)
        return (*cut.plainer(), cut)


CONDITIONS: dict[str, str] = {
    "40001": "a serialization failure",
    "40P01": "a deadlock",
    "57014": "a statement time-out",
    "25P03": "an idle-in-transaction time-out",
    "57P01": "an end of the session by its administrator",
}
"""The name of each error that rolls a transaction back, by its SQLSTATE."""


def is_statement(route: Route) -> bool:
    """Tell whether its messages are statements of SQL, as far as the verb tells: a path is no table."""
    return route.verb in _STATEMENTS and not route.key.startswith("/")
