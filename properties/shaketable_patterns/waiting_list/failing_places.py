"""Where messages of a waiting list go wrong, and how: about an entry and its queue, and whether Redis is there."""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.boundary import Boundary, Route
from shaketable.explore.generate.drawn_faults import LEGS
from shaketable.fault import Cut, Drop, Hold, Message
from shaketable_patterns.waiting_list.client import REDIS, SERVICE

_COPIES = "waiting:"
_FILLS = ("EVAL", "SET")
_ASKS = ("GET", "EXISTS", "PING")


def about(boundaries: Sequence[Boundary], entry: str, place: str) -> list[Boundary]:
    """Return the boundaries of this entry's copy, of its queue, and of the commits of changes."""
    keys = {f"{_COPIES}{entry}", f"filling:{entry}", f"queue:{place}", "waitings"}
    routes = dict.fromkeys(one.route for one in boundaries if one.route.sender == SERVICE)
    mine = [route for route in routes if route.key in keys and route.verb not in ("SELECT", "ZRANGE")]
    return [Boundary(route, number) for route in mine for number in (1, 2)]


def copied(boundaries: Sequence[Boundary], entry: str, *, goes: bool) -> Boundary:
    """Return where the copy of an entry is filled in for the first time, or taken away where it `goes`."""
    fills = [one.route.verb for one in boundaries if one.route.key.startswith(_COPIES)]
    verb = "DEL" if goes else next((verb for verb in fills if verb in _FILLS), "EVAL")
    return Boundary(Route(SERVICE, REDIS, verb, f"{_COPIES}{entry}"), 1)


def added(place: str, number: int) -> Boundary:
    """Return where something is added to the queue of a place for the time of this number."""
    return Boundary(Route(SERVICE, REDIS, "ZADD", f"queue:{place}"), number)


def checks(boundaries: Sequence[Boundary]) -> list[Boundary]:
    """Return the questions to Redis that are about no entry, no copy and no queue: whether it is there."""
    return [
        one
        for one in boundaries
        if one.route.receiver == REDIS and one.route.verb in _ASKS and ":" not in one.route.key
    ]


def failing(at: Boundary, kind: int) -> Message:
    """Return one of five faults: late on either leg, lost on either leg, cut."""
    place, leg = str(at), LEGS[kind % 2]
    return (Hold(at=place, leg=leg, for_ms=800), Drop(at=place, leg=leg), Cut(at=place, leg=leg))[kind // 2]
