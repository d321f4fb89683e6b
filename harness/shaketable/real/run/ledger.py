"""A third party's ledger in a real run: what it records is an effect, at the moment it happens.

What an earlier run left is answered like anything else, so that its service gets on, and is no part of this run.
"""

from __future__ import annotations

from shaketable.history import History, Json
from shaketable.real.stack.clock import RunClock
from shaketable.real.stack.namespace import Namespace


class RunLedger:
    """Fits `shaketable.subject.Ledger`."""

    __slots__ = ("_clock", "_history", "_name", "_namespace")

    def __init__(self, name: str, history: History, clock: RunClock, namespace: Namespace) -> None:
        self._name = name
        self._namespace = namespace
        self._history = history
        self._clock = clock

    def record(self, name: str, value: Json) -> None:
        if self._namespace.is_of_another_run(value):
            return
        self._history.add(self._clock.now_ms(), "effect", self._name, name, value)
