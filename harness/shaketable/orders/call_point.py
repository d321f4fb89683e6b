"""The points of calls in a component, as boundaries: where a call stands, and how a deviation of one is told.

`call-1>breaker LINE my_breaker.py:31 #2` is the second time that call 1 is about to run line 31 of `my_breaker.py`;
`harness>call-2 START #1` the step that starts call 2.
"""

from __future__ import annotations

from shaketable.boundary import Boundary
from shaketable.orders.deviation import Deviation

HARNESS = "harness"
"""The sender of a step."""
_STANDS = {
    "BEGIN": "has not begun",
    "LINE": "stands at {}",
    "LOCK": "stands at the lock at {}",
    "AWAIT": "stands at its await at {}",
    "WAKE": "stands where it waited, at {},",
}
_STEPS = {"START": "is started", "FINISH": "has its function ended", "CANCEL": "is cancelled"}


def standing_words(deviation: Deviation) -> str:
    """Say where a call stands, and until when; "" for a deviation that is of a message."""
    (name, _, verb, place), n = Boundary.parse(deviation.at)
    if verb not in _STANDS or deviation.until is None:
        return ""
    again = "" if n == 1 else f" for the {n}. time"
    stands = _STANDS[verb].format(place or "a place outside its component")
    return f"{_named(name)} {stands}{again} until {_event_words(deviation.until.at)}"


def _event_words(at: str) -> str:
    (name, receiver, verb, place), n = Boundary.parse(at)
    if name == HARNESS:
        return f"{_named(receiver)} {_STEPS.get(verb, verb)}"
    if verb == "BEGIN":
        return f"{_named(name)} begins"
    again = "" if n == 1 else f" for the {n}. time"
    return f"{_named(name)} goes on from {place or 'where it waited'}{again}"


def _named(name: str) -> str:
    return name.replace("-", " ", 1)
