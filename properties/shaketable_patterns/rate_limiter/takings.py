"""The facts of a rate limiter's history: who asked, what was answered, and what each call took of its budget, when at the earliest and the latest.

When a limiter decided is not seen from outside: it was between the call and its answer. A call that met a fault, or was
cancelled, may have taken something or nothing. Only what no order within these bounds allows is blamed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shaketable.components.calls.recorded_calls import CallFacts, CallRecord
from shaketable.history import History
from shaketable_patterns.rate_limiter.profile import Knobs

Budget = tuple[str, str, int]
"""Key, worker and how often the limiter had lost its memory before; "" where one budget is for all of them."""
_LOSSES = ("fail", "lose")


@dataclass(frozen=True, slots=True)
class Taking:
    """What a call took, between two moments."""

    earliest_ms: int
    latest_ms: int
    ask: Ask


@dataclass(frozen=True, slots=True)
class ClockSet:
    """A wall clock was set by so much."""

    index: int
    time_ms: int
    delta_ms: int


class Ask:
    """One call of a limiter. `end` is the index of its completion, behind all others if it has none."""

    __slots__ = (
        "call",
        "done_ms",
        "end",
        "is_alone",
        "key",
        "lost",
        "outcome",
        "start",
        "start_ms",
        "was_late",
        "worker",
    )

    def __init__(self, call: CallRecord, end: int, is_alone: bool, was_held_up: bool) -> None:
        done = call.completion
        self.call = call
        self.key = str(call.invoked.value["key"])
        self.worker = str(call.invoked.value["worker"])
        self.start, self.start_ms = call.invoked.index, call.invoked.time_ms
        self.end, self.done_ms = (end, call.invoked.time_ms) if done is None else (done.index, done.time_ms)
        self.is_alone = is_alone
        """No other call was in flight meanwhile."""
        self.lost = sum(receipt.name in _LOSSES for receipt in call.faults)
        """How often its store was lost to it."""
        self.was_late = bool(call.faults) or (was_held_up and self.done_ms > self.start_ms)
        """A fault kept it from its answer, or the harness did, which stopped it or another one that had a lock."""
        self.outcome = _outcome(call)

    @property
    def waited(self) -> bool:
        return self.done_ms > self.start_ms and not self.was_late


def _outcome(call: CallRecord) -> Literal["admitted", "refused", "error", "cancelled", "blocked", "crashed"]:
    done = call.completion
    if done is None:
        return "blocked"
    if done.kind == "info":
        return "crashed" if call.lost else "cancelled" if "cancelled" in (done.value or {}) else "blocked"
    if done.kind == "ok":
        return "admitted" if call.result else "refused"
    return "error" if call.faults and not call.refused else "refused"


class LimiterFacts:
    """The calls of one limiter in the order in which they began, by budget, and the clocks that were set."""

    def __init__(self, history: History, knobs: Knobs) -> None:
        self.history = history
        self.knobs = knobs
        calls = list(history.view(CallFacts).calls.values())
        held_up = any(e.kind == "effect" and e.name == "stopped" for e in history.events)
        alone = _alone(calls)
        self.asks = [Ask(call, len(history), own, held_up) for call, own in zip(calls, alone, strict=True)]
        self.steps = [
            ClockSet(e.index, e.time_ms, int(e.value["delta_ms"]))
            for e in history.events
            if e.kind == "receipt" and e.name == "clock_step"
        ]
        self._crashes = (
            [e.index for e in history.events if e.kind == "crash"] if knobs.store_lost == "none" else []
        )
        self.budgets: dict[Budget, list[Ask]] = {}
        for ask in self.asks:
            self.budgets.setdefault(self.budget_of(ask), []).append(ask)

    def budget_of(self, ask: Ask) -> Budget:
        knobs = self.knobs
        lives = sum(crash < ask.start for crash in self._crashes)
        return ask.key if knobs.keys == "each" else "", ask.worker if knobs.workers == "own" else "", lives

    def certain(self, asks: Sequence[Ask]) -> list[Taking]:
        """Return what surely was taken: calls that were admitted while their store was there."""
        return [self.taking(ask) for ask in asks if ask.outcome == "admitted" and not ask.lost]

    def possible(self, asks: Sequence[Ask], *, refused: bool = False) -> list[Taking]:
        """Return all that may have been taken; what was refused too if it is to be counted as `refused`."""
        takings: list[Taking] = []
        for ask in asks:
            times = self._times(ask)
            if refused and ask.outcome in ("refused", "cancelled"):
                times = max(1, times)
            takings += [self.taking(ask)] * times
        return takings

    def taking(self, ask: Ask) -> Taking:
        """Return what this call took, if it took anything."""
        granted_at_once = self.knobs.excess == "wait" and ask.outcome == "admitted" and not ask.was_late
        earliest_ms = ask.done_ms if granted_at_once else ask.start_ms
        return Taking(earliest_ms, ask.done_ms, ask)

    def steps_before(self, index: int) -> list[ClockSet]:
        return [step for step in self.steps if step.index < index]

    def _times(self, ask: Ask) -> int:
        """Return how often a correct limiter may have counted this call: once more for each time its store was lost to it."""
        knobs = self.knobs
        if ask.outcome == "admitted" or ask.lost:
            return 1 + ask.lost
        if ask.outcome == "refused":
            return int(knobs.refused == "consumes")
        if ask.outcome == "cancelled" and knobs.excess == "wait" and not ask.was_late:
            return int(knobs.cancelled == "keeps_slot")
        return int(ask.outcome != "blocked" or ask.was_late)


def _alone(calls: Sequence[CallRecord]) -> list[bool]:
    """Tell of each call whether no other one was in flight together with it; the calls are in the order of their starts."""
    alone = [True] * len(calls)
    open_until, place_of = -1.0, -1
    for place, call in enumerate(calls):
        if call.invoked.index < open_until:
            alone[place] = alone[place_of] = False
        until = float("inf") if call.completion is None else call.completion.index
        if until > open_until:
            open_until, place_of = until, place
    return alone
