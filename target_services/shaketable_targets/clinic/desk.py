"""The service desk: takes admissions, and sees each through, to its bed, its deposit and its slot, or back out of them.

The phase of an admission is the command that is being carried out. It is written down before the command is sent, so that
whichever process takes the admission up next sends it again, with the same key.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from typing import Any, NamedTuple

import psycopg

from shaketable_targets.clinic import database
from shaketable_targets.clinic.database import Row
from shaketable_targets.clinic.http_server import post, serve
from shaketable_targets.clinic.settings import (
    ALREADY,
    BANK,
    KEYS,
    LEASE_S,
    PAUSE_S,
    RESUMES,
    SILENCE,
    TRIES,
    UNDO,
    WARDS,
)
from shaketable_targets.threaded.json_http import Answer

log = logging.getLogger("desk")
ME = f"desk-{os.getpid()}"


class Phase(NamedTuple):
    """What follows when its command is done, when it is refused, and when it is not known what became of it."""

    done: str
    refused: str
    unknown: str
    """"" where it cannot be left before it is done: it is parked."""


PHASES = {
    "bed": Phase("deposit", "turned away", "free bed"),
    "deposit": Phase("slot", "free bed", "pay back"),
    "slot": Phase("admitted", "pay back", "free slot"),
    "free slot": Phase("pay back", "", ""),
    "pay back": Phase("free bed", "", ""),
    "free bed": Phase("turned away", "", ""),
}


def admit(asked: Any) -> Answer:
    """Begin an admission; a reference that is known is answered with its admission."""
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO admissions (ref, ward, theatre, cents, card) VALUES (%s, %s, %s, %s, %s) "
            "ON CONFLICT (ref) DO NOTHING",
            (asked["ref"], asked["ward"], asked["theatre"], int(asked["cents"]), asked["card"]),
        )
        cursor.execute("SELECT no FROM admissions WHERE ref = %s", (asked["ref"],))
        number = cursor.fetchone()["no"]  # type: ignore[index]
    return 202, {"admission": number}


def work() -> None:
    """See admissions through, until the process ends."""
    while True:
        try:
            row = taken()
        except (psycopg.Error, OSError) as error:
            log.warning("again: %r", error)
            row = None
        if row is None:
            time.sleep(PAUSE_S)
        else:
            see_through(row)


def taken(number: int | None = None) -> Row | None:
    """Take an admission (this one, or the first that is due) up for a while; None if there is none."""
    wanted = "no = %(no)s" if number is not None else "due <= now()"
    if RESUMES == "own":
        wanted = f"{wanted} AND (turn = 0 OR by = %(me)s)"
    with database.transaction() as cursor:
        cursor.execute(
            "UPDATE admissions SET turn = turn + 1, due = now() + make_interval(secs => %(lease)s), by = %(me)s "
            f"WHERE no = (SELECT no FROM admissions WHERE {wanted} AND phase NOT IN ('admitted', 'turned away') "
            "AND NOT parked ORDER BY due LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *",
            {"no": number, "lease": LEASE_S, "me": ME},
        )
        return cursor.fetchone()


def see_through(row: Row) -> None:
    """Carry out one command after the other, until the end or until one is not answered."""
    try:
        while row["phase"] in PHASES and not row["parked"]:
            phase, known = row["phase"], carried_out(row)
            if not write(row, after(row, known)) or (known == "unknown" and row["phase"] == phase):
                return
    except (psycopg.Error, OSError) as error:
        log.warning("left: %r", error)


def after(row: Row, known: str) -> Row:
    """Return what becomes of an admission once it is known, or not, what became of its command."""
    phase = PHASES[row["phase"]]
    if known == "done":
        return {"phase": phase.done, "tries": 0}
    if known == "refused":
        return {"phase": phase.refused, "tries": 0}
    tries = row["tries"] + 1
    if tries < TRIES:
        return {"tries": tries}
    return {"phase": phase.unknown, "tries": 0} if phase.unknown else {"tries": 0, "parked": True}


def write(row: Row, changes: Row) -> bool:
    """Write an admission down; False if another process has taken it up since."""
    left = row["phase"]
    row |= changes
    pause = PAUSE_S if "phase" not in changes else LEASE_S
    with database.transaction() as cursor:
        cursor.execute(
            "UPDATE admissions SET phase = %s, tries = %s, parked = %s, due = now() + make_interval(secs => %s) "
            "WHERE no = %s AND turn = %s",
            (row["phase"], row["tries"], row["parked"], pause, row["no"], row["turn"]),
        )
        if not cursor.rowcount:
            return False
        if row["parked"]:
            _park(cursor, row)
        elif row["phase"] != left:
            cursor.execute(
                "UPDATE stuck SET fixed = true WHERE admission = %s AND command = %s", (row["no"], left)
            )
    return True


def _park(cursor: Any, row: Row) -> None:
    cursor.execute(
        "INSERT INTO stuck (admission, command, cause) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING no",
        (row["no"], row["phase"], f"no answer in {TRIES} attempts"),
    )
    filed = cursor.fetchone()
    if filed is not None:
        cursor.execute("INSERT INTO pages (stuck) VALUES (%s)", (filed["no"],))


def carried_out(row: Row) -> str:
    """Send the command of an admission's phase: it is done, refused, or not known to be either."""
    number = row["no"]
    match row["phase"]:
        case "bed":
            return _said(post(f"{WARDS}/bed/take", {"admission": number, "of": row["ward"]}))
        case "slot":
            return _said(post(f"{WARDS}/slot/take", {"admission": number, "of": row["theatre"]}))
        case "deposit":
            status = _at_bank(row, "deposits")
            return "refused" if status == 0 and SILENCE == "declined" else _said(status)
        case "pay back":
            # It may be that the deposit was never asked for, or is not known to be taken: that is found out first.
            status = _at_bank(row, "deposits")
            if _said(status) == "done":
                status = _at_bank(row, "returns")
            return _undone("done" if status == 402 else _said(status))
        case "free slot":
            return _undone(_said(post(f"{WARDS}/slot/back", {"admission": number, "of": row["theatre"]})))
    return _undone(_said(post(f"{WARDS}/bed/back", {"admission": number, "of": row["ward"]})))


def _at_bank(row: Row, path: str) -> int:
    key = f"{row['ref']}-{path}" if KEYS == "stable" else f"{uuid.uuid4()}"
    body = {"admission": row["no"], "cents": row["cents"], "card": row["card"]}
    return post(f"{BANK}/{path}", body, key)


def _said(status: int) -> str:
    if status in (200, 201) or (status == 409 and ALREADY == "done"):
        return "done"
    return "refused" if status in (402, 410) else "unknown"


def _undone(known: str) -> str:
    return "done" if known == "unknown" and UNDO == "once" else known


def retry(_: Any) -> Answer:
    """Take up what is parked, once more."""
    with database.transaction() as cursor:
        cursor.execute("SELECT admission FROM stuck WHERE NOT fixed ORDER BY no")
        numbers = [row["admission"] for row in cursor.fetchall()]
    for number in numbers:
        with database.transaction() as cursor:
            cursor.execute("UPDATE admissions SET parked = false, turn = turn + 1 WHERE no = %s", (number,))
        row = taken(number)
        if row is not None:
            see_through(row)
    return 200, {"taken up": len(numbers)}


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    threading.Thread(target=work, daemon=True).start()
    serve({"/admissions": admit, "/stuck/retry": retry})
