"""The service wards: takes beds and theatre slots for admissions, and gives them back."""

from __future__ import annotations

from typing import Any

from shaketable_targets.clinic import database
from shaketable_targets.clinic.http_server import Handler, serve
from shaketable_targets.threaded.json_http import Answer

TAKEN, NONE_LEFT, ALREADY = 201, 410, 409


def taking(kind: str) -> Handler:
    """Return what takes one thing of this kind. What was given back before it was taken is refused."""

    def take(asked: Any) -> Answer:
        admission, name = asked["admission"], asked["of"]
        with database.transaction() as cursor:
            kept = _kept(cursor, kind, admission, name, "asked")
            if kept == "new":
                cursor.execute(
                    "UPDATE supplies SET free = free - 1, taken = taken + 1 WHERE kind = %s AND name = %s AND free > 0",
                    (kind, name),
                )
                kept = "held" if cursor.rowcount else "none"
                cursor.execute(
                    "UPDATE allotments SET state = %s WHERE admission = %s AND kind = %s",
                    (kept, admission, kind),
                )
        return (TAKEN if kept == "held" else NONE_LEFT), {}

    return take


def giving_back(kind: str) -> Handler:
    """Return what gives one thing of this kind back."""

    def give_back(asked: Any) -> Answer:
        admission, name = asked["admission"], asked["of"]
        with database.transaction() as cursor:
            kept = _kept(cursor, kind, admission, name, "void")
            if kept == "held":
                cursor.execute(
                    "UPDATE allotments SET state = 'back' WHERE admission = %s AND kind = %s",
                    (admission, kind),
                )
                cursor.execute(
                    "UPDATE supplies SET free = free + 1, taken = taken - 1 WHERE kind = %s AND name = %s",
                    (kind, name),
                )
        return (ALREADY if kept == "back" else 200), {}

    return give_back


def _kept(cursor: Any, kind: str, admission: int, name: str, first: str) -> str:
    """Return the state of what the admission has, locked; "new" if it had nothing: then it is `first`."""
    cursor.execute(
        "INSERT INTO allotments (admission, kind, name, state) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (admission, kind, name, first),
    )
    if cursor.rowcount:
        return "new"
    cursor.execute(
        "SELECT state FROM allotments WHERE admission = %s AND kind = %s FOR UPDATE", (admission, kind)
    )
    return str(cursor.fetchone()["state"])


if __name__ == "__main__":
    kinds = ("bed", "slot")
    serve(
        {f"/{kind}/take": taking(kind) for kind in kinds}
        | {f"/{kind}/back": giving_back(kind) for kind in kinds}
    )
