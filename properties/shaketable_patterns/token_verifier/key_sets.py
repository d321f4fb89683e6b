"""The key sets that a verifier was told, and where a key stood when a token of it was presented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shaketable.components.calls.recorded_calls import CallRecord
from shaketable.history import Event
from shaketable_patterns.token_verifier.presenting_adapter import FIRST, kids_of
from shaketable_patterns.token_verifier.profile import TOLERANCE_S, Knobs


class Place(NamedTuple):
    """Where a key stands: `first` and `new` (in the set), `grace`, `gone`, `never`, or `unsure`; `since` is the event that put it there."""

    name: str
    words: str = ""
    left_s: float = 0.0
    since: int = -1


class _Told(NamedTuple):
    """A key set that was told: from when at the earliest, since when surely, and by which call."""

    kids: frozenset[str]
    call: CallRecord | None
    is_sure: bool

    @property
    def begun(self) -> int:
        return -1 if self.call is None else self.call.invoked.index

    @property
    def done(self) -> Event | None:
        return None if self.call is None else self.call.completion


class KeySets:
    """The sets in the order in which they were told; the first is there from the start."""

    def __init__(self, calls: Sequence[CallRecord], knobs: Knobs, crashes: Sequence[Event]) -> None:
        self._grace_s = knobs.grace_s
        self._crashes = crashes
        self._told = [_Told(kids_of(knobs, FIRST), None, True)]
        telling = [call for call in calls if call.method == "trust"]
        for call in telling:
            done = call.completion
            sure = done is not None and done.kind == "ok" and not call.faults and not _overlaps(call, telling)
            self._told.append(_Told(kids_of(knobs, str(call.arguments["keys"])), call, sure))

    def place(self, kid: str, call: CallRecord, done: Event) -> Place:
        """Return where a key stood while a call presented a token of it."""
        start = call.invoked
        if all(kid not in told.kids for told in self._told if told.begun < done.index):
            return Place("never")
        candidates = list(self._candidates(start.index, done.index))
        if len(candidates) > 1:
            return Place("unsure")
        (now,) = candidates
        if kid in now.kids:
            if now.call is None or kid in self._told[0].kids:
                return Place("first", "is in the key set", since=now.begun)
            return Place("new", "is in the new key set", since=now.begun)
        return self._left(kid, now, start, done)

    def _candidates(self, start: int, end: int) -> Iterator[_Told]:
        """Yield the sets that may be in force at some moment between two events."""
        found: list[_Told] = []
        for told in self._told:
            if told.begun > end:
                break
            done = told.done
            if told.call is None or (told.is_sure and done is not None and done.index < start):
                found = [told]
            else:
                found.append(told)
        yield from found

    def _left(self, kid: str, now: _Told, start: Event, done: Event) -> Place:
        """Return where a key stands that is not in the set in force."""
        place = self._told.index(now)
        while place > 0 and kid not in self._told[place - 1].kids:
            place -= 1
        dropped = self._told[place]
        if place == 0 or dropped.call is None or dropped.done is None:
            return Place("unsure")  # it comes in a set that was told later
        if not (dropped.is_sure and self._told[place - 1].is_sure):
            return Place("unsure")
        least_s = (start.time_ms - dropped.done.time_ms) / 1_000
        most_s = (done.time_ms - dropped.call.invoked.time_ms) / 1_000
        if least_s > self._grace_s + TOLERANCE_S:
            return Place("gone", left_s=least_s, since=dropped.begun)
        is_lost = any(dropped.begun < crash.index < done.index for crash in self._crashes)
        if most_s < self._grace_s - TOLERANCE_S and not is_lost:
            return Place(
                "grace",
                f"left the key set {most_s:g} s ago, within the grace of {self._grace_s} s",
                most_s,
                dropped.begun,
            )
        return Place("unsure")


def _overlaps(call: CallRecord, others: Sequence[CallRecord]) -> bool:
    """Tell whether another set was told at the same time, so that either may be the last."""
    end = -1 if call.completion is None else call.completion.index
    return any(
        other is not call
        and other.invoked.index < end
        and (other.completion is None or other.completion.index > call.invoked.index)
        for other in others
    )
