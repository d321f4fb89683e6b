"""What a PostgreSQL server is sent in the stead of a unit that is rolled back, or of a session that is refused."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

from shaketable.faults.transactions import ENDS_SESSION, NEEDS_TRANSACTION
from shaketable.real.tap import sql
from shaketable.real.tap.postgres_messages import query_message

_FAILS = "SELECT 1/0"
CANCEL_CODE = 80877102
CANCELS_NOTHING = Struct("!IIII").pack(16, CANCEL_CODE, 0, 0)
"""A request after which the server closes the connection without a word."""
ENDS_ITSELF = query_message("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)")
"""A query after which the server has ended the session."""


def rolled_back(verb: str, verbs: Sequence[str], sqlstate: str, *, is_open: bool) -> bytes | None:
    """Return an error of the server's own, a ROLLBACK or its end, for a unit of statements with these `verbs`.

    None for one that ends another transaction before `verb`, and where the error needs a transaction that `is_open` already.
    """
    is_it = verb.__eq__ if verb != "COMMIT" else sql.COMMITS.__contains__
    before = verbs[: next((n for n, said in enumerate(verbs) if is_it(said)), 0)]
    if any(earlier in sql.COMMITS or earlier in sql.ABORTS for earlier in before):
        return None
    begins = any(earlier in sql.BEGINS for earlier in before)
    if sqlstate in NEEDS_TRANSACTION and not is_open:
        return None
    if sqlstate in ENDS_SESSION:
        return ENDS_ITSELF
    if verb == "COMMIT":
        return query_message(_FAILS if begins else "ROLLBACK")
    return query_message(f"BEGIN; {_FAILS}" if begins else _FAILS)
