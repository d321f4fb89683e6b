"""The two phases of a tour, and what is done about those that were left in the middle."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import psycopg

from shaketable_targets.threaded.patience import Connection
from shaketable_targets.tours.database import connected
from shaketable_targets.tours.settings import DECISION, LEFT_PREPARED


@dataclass(frozen=True, slots=True)
class Leg:
    """What is booked at one database: where there is less of, and what says that it was."""

    database: str
    takes: str
    notes: str


LEGS = (
    Leg(
        "flights",
        "UPDATE planes SET seats = seats - 1 WHERE flight = %(flight)s",
        "INSERT INTO bookings (tour, flight) VALUES (%(tour)s, %(flight)s)",
    ),
    Leg(
        "hotels",
        "UPDATE houses SET rooms = rooms - 1 WHERE hotel = %(hotel)s",
        "INSERT INTO stays (tour, hotel) VALUES (%(tour)s, %(hotel)s)",
    ),
)
FULL = (psycopg.errors.CheckViolation, psycopg.errors.UniqueViolation)


class Desk:
    """Books tours, from several threads."""

    def __init__(self) -> None:
        self._under_way: set[str] = set()
        self._lock = threading.Lock()

    def book(self, tour: str, plane: str, hotel: str) -> bool:
        """Take a tour and return True, or nothing of it and False. What goes wrong later is for `look`."""
        with self._lock:
            if tour in self._under_way:
                return False
            self._under_way.add(tour)
        try:
            said = {"tour": tour, "flight": plane, "hotel": hotel}
            ready = [leg for leg in LEGS if self._is_ready(leg, said)]
            books = len(ready) == len(LEGS)
            if books and DECISION == "first":
                _decide(tour)
            for leg in ready:
                _end(leg, tour, commit=books)
            if books and DECISION == "last":
                _decide(tour)
            return books
        finally:
            with self._lock:
                self._under_way.discard(tour)

    def look(self) -> None:
        """End what is prepared and no thread works on."""
        for leg in LEGS:
            with connected(leg.database) as connection:
                found = [str(xid) for xid in connection.tpc_recover() if xid.database == leg.database]
            for xid in found:
                tour = xid.removeprefix(f"{leg.database}-")
                with self._lock:
                    is_under_way = tour in self._under_way
                if not is_under_way and LEFT_PREPARED != "leave":
                    _end(leg, tour, commit=LEFT_PREPARED == "commit" or _is_decided(tour))

    def _is_ready(self, leg: Leg, said: dict[str, str]) -> bool:
        """Do one leg and leave it prepared; False if there is no room, or it is not known to be prepared."""
        try:
            with connected(leg.database) as connection:
                connection.tpc_begin(f"{leg.database}-{said['tour']}")
                connection.execute(leg.takes, said)
                connection.execute(leg.notes, said)
                connection.tpc_prepare()
                connection.close()
        except FULL:
            return False
        except psycopg.Error:
            return False  # `look` rolls it back if it is prepared all the same
        return True


def _decide(tour: str) -> None:
    with connected("tours") as connection:
        connection.execute("INSERT INTO decisions (tour, verdict) VALUES (%s, 'commit')", (tour,))


def _is_decided(tour: str) -> bool:
    with connected("tours") as connection:
        found = connection.execute("SELECT verdict FROM decisions WHERE tour = %s", (tour,)).fetchall()
    return bool(found)


def _end(leg: Leg, tour: str, *, commit: bool) -> None:
    """Tell one database; what it does not know has ended."""
    with connected(leg.database) as connection:
        _tell(connection, f"{leg.database}-{tour}", commit=commit)


def _tell(connection: Connection, xid: str, *, commit: bool) -> None:
    try:
        if commit:
            connection.tpc_commit(xid)
        else:
            connection.tpc_rollback(xid)
    except psycopg.errors.UndefinedObject:
        return
