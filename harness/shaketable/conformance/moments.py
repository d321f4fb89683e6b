"""Moments that a clause waits for instead of a span: the time that real parts take depends on the machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shaketable.history import COMPLETIONS, History


@dataclass(frozen=True, slots=True)
class Until:
    """Time that passes until `holds`, two minutes at most."""

    what: str
    holds: Callable[[History], bool]


def _count(history: History, *kinds: str) -> int:
    return sum(event.kind in kinds for event in history)


RETURNED = Until("every op has returned", lambda h: _count(h, *COMPLETIONS) >= _count(h, "invoke"))
LANDED = Until("a fault has landed", lambda h: _count(h, "receipt") > 0)


def back(times: int = 1) -> Until:
    """Make the moment at which so many parties that lost power are back; a crash may be recorded late."""
    return Until(f"{times} parties are back", lambda h: _count(h, "restart") >= times)


def healed(times: int = 1) -> Until:
    """Make the moment at which so many faults have ended, by themselves or by a heal."""
    return Until(f"{times} faults have ended", lambda h: _count(h, "heal") >= times)
