"""The calls of a component's machine: begun, in flight together, and ended or cancelled in any order.

A rule draws over the calls that the machine itself started, never over an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from shaketable.components.interface.interface import MARKS
from shaketable.explore.generate.machine import Machine
from shaketable.history import Json
from shaketable.schedule import Do, Wait
from shaketable.subject import Subject

_SPREAD = 0x9E3779B97F4A7C15
"""2**64 by the golden ratio: its multiples are spread evenly (Knuth, The Art of Computer Programming, 6.4)."""


class Shares:
    """Shares of runs, decoded from one drawn number: each rule that Hypothesis draws for costs as much as many calls."""

    def __init__(self, pick: int) -> None:
        # Hypothesis likes small numbers, whose later shares would all be 0.
        self._pick = (pick + 1) * _SPREAD % 2**64 >> 16

    def below(self, limit: int) -> int:
        """Return the next share: a number from 0 to below `limit`, each as likely."""
        self._pick, share = divmod(self._pick, limit)
        return share


class ComponentCalls(Machine):
    """What the rules of a machine of components have in common: the calls that it started."""

    on_threads: ClassVar[bool] = False
    """True if its calls run on threads, which can be switched between two lines, and its checkers know of such stops."""

    def __init__(self) -> None:
        super().__init__()
        self._calls = 0
        self._in_flight: list[int] = []
        self._latest: Mapping[str, Json] | None = None

    def decide(self, shares: Shares) -> None:
        """Decide, before the first rule, what this run is full of; a class that overrides it calls the next one's too."""

    def start_call(self, **start: Json) -> int:
        """Begin the next call and return its number; `start` are its arguments, and `method` where there are several."""
        self._latest = start
        return self._start(start)

    def start_like_latest(self, **beside: Json) -> int:
        """Begin the next call with the method and arguments of the latest, for rules that know no kind's arguments.

        Before the first call they are those of the workload's first. `beside` is said by the step beside them, such as
        `stop_at`.
        """
        if self._latest is None:
            self._latest = _first_start(self.subject)
        return self._start({**self._latest, **beside})

    def _start(self, start: Mapping[str, Json]) -> int:
        self._calls += 1
        self._in_flight.append(self._calls)
        self.do(Do("start", {"call": self._calls, **start}))
        return self._calls

    def let_go_on(self, number: int) -> None:
        """Let a call run on that was stopped between two lines."""
        self.do(Do("go_on", {"call": number}))

    def finish_call(self, number: int, how: str, **more: Json) -> None:
        """Let the protected function of a call end, or cancel the call; nothing happens if the call was rejected.

        `more` is said by the step beside that, such as `with_next`.
        """
        self._in_flight.remove(number)
        if how == "cancelled":
            self.do(Do("cancel", {"call": number, **more}))
        else:
            self.do(Do("finish", {"call": number, "with": how, **more}))

    def row(self, count: int, how: str, took_ms: int = 0) -> None:
        """Make calls one after the other, each taking `took_ms`."""
        for _ in range(count):
            number = self.start_call()
            if took_ms:
                self.do(Wait(took_ms))
            self.finish_call(number, how)

    def pick(self, place: int) -> int:
        """Return one of the calls that this machine started and did not end."""
        return self._in_flight[place % len(self._in_flight)]


def _first_start(subject: Subject) -> Mapping[str, Json]:
    """Return the method and the arguments with which the workload begins its first call."""
    for step in subject.pattern.workload(subject).steps:
        if isinstance(step, Do) and step.f == "start" and isinstance(step.value, dict):
            return {key: value for key, value in step.value.items() if key not in ("call", *MARKS)}
    return {}
