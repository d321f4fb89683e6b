"""Handwritten histories of a breaker: one method an event."""

from __future__ import annotations

from typing import Self

from shaketable.profile import Knob, Profile
from shaketable_patterns.circuit_breaker.checkers import CHECKERS
from shaketable_patterns.circuit_breaker.profile import DOCUMENT
from tests.unit.components.component_history import ComponentHistory

TEXTBOOK: dict[str, Knob] = {
    "trip_rule": "consecutive",
    "failure_threshold": 3,
    "window": "none",
    "wait_ms": 1_000,
    "half_open_permits": 1,
    "half_open_limit": "one",
    "close_on": "first_success",
    "stale": "ignore",
    "excluded": "nothing",
    "cancelled": "nothing",
    "states_observable": True,
    "listeners": True,
}


def textbook(**knobs: Knob) -> Profile:
    return Profile("textbook", TEXTBOOK | knobs)


def document(**knobs: Knob) -> Profile:
    return Profile("document", DOCUMENT.knobs | knobs)


class BreakerHistory(ComponentHistory):
    checkers = CHECKERS
    refusal = "Open"

    def says(self, state: str) -> Self:
        self.add("state", "breaker", "state", state)
        return self

    def row(self, first: int, count: int, how: str = "ok") -> Self:
        for call in range(first, first + count):
            self.start(call).end(call, how)
        return self

    def listener_raises(self) -> Self:
        self.add("effect", "breaker", "listener_raised", {})
        return self
