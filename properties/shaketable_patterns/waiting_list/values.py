"""The values of the waiting list: few entries at two places."""

from __future__ import annotations

from shaketable.history import Json

PLACES = ("p1", "p2")
WAITINGS_MAX = 6
_PARTIES = (2, 3, 4, 6)


def waiting(number: int, pick: int) -> dict[str, Json]:
    """Return the `number`-th entry (from 1); three of four are at the first place.

    A later one has a smaller name than the one before, so that the order of names is not that of arrival.
    """
    pick, place = divmod(pick, 4)
    return {
        "waiting": f"w{WAITINGS_MAX - number + 1}",
        "place": PLACES[place == 0],
        "party": _PARTIES[pick % len(_PARTIES)],
    }
