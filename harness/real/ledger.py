"""A third party's ledger in a real run: what it records is an effect, at the moment it happens."""

from __future__ import annotations

from harness.history import History, Json
from harness.real.clock import RunClock


class RunLedger:
    """Fits `harness.subject.Ledger`."""

    __slots__ = ("_clock", "_history", "_name")

    def __init__(self, name: str, history: History, clock: RunClock) -> None:
        self._name = name
        self._history = history
        self._clock = clock

    def record(self, name: str, value: Json) -> None:
        self._history.add(self._clock.now_ms(), "effect", self._name, name, value)
