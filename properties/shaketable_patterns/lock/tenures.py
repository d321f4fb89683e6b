"""The facts of a lock's history: every attempt to own it, when it surely was owned, and until when it may have been.

What the store did when is not seen from outside. A lease begins between the call and the answer of its acquire, so it surely
lasts from the answer until a lease after the call, and may last until a lease after the answer. A call that failed may have had its
effect. Only where two attempts were surely owners at once, or an acquire was refused while no attempt may have held the lock, is
there something to blame.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from shaketable.components.calls.recorded_calls import CallFacts, CallRecord
from shaketable.history import Event, History
from shaketable_patterns.lock.profile import TOLERANCE_MS, Knobs
from shaketable_patterns.lock.tenure import Tenure, holder_of, is_granted

_CHANGING = ("acquire", "extend", "release")


class Depth:
    """How often a holder has the lock: a re-entrant one is free after as many releases. Both are bounds, as calls may fail."""

    __slots__ = ("least", "most")

    def __init__(self) -> None:
        self.least = 0
        self.most = 0


class LockFacts:
    """The attempts on one lock, in the order in which they began, read once in the order of the history."""

    def __init__(self, history: History, knobs: Knobs) -> None:
        self.history = history
        self.knobs = knobs
        self.calls = list(history.view(CallFacts).calls.values())
        self.crashes = [event for event in history.events if event.kind == "crash"]
        self.skews = [e.index for e in history.events if e.kind == "fault" and e.name == "clock_step"]
        self.receipts = [e.index for e in history.events if e.kind == "receipt" and e.name != "clock_step"]
        self._beside = [
            e
            for e in history.events
            if e.kind == "receipt" and e.name != "clock_step" and e.value.get("call") is None
        ]
        """Faults that met what runs beside the calls."""
        self.tenures = [Tenure(call, knobs.lease_ms) for call in self.calls if call.method == "acquire"]
        by_holder: dict[str, list[CallRecord]] = {}
        for call in self.calls:
            by_holder.setdefault(holder_of(call), []).append(call)
        self._by_holder = by_holder
        self._confused: dict[str, list[tuple[int, float]]] = {}
        for tenure in self.tenures:
            self._begin(tenure)
        for crash in self.crashes:
            self._die(crash)
        for holder in by_holder:
            self._confuse(holder)
        self._depths: dict[str, Depth] = {holder: Depth() for holder in by_holder}
        of_call = {tenure.acquire.number: tenure for tenure in self.tenures}
        for call in self.calls:
            if call.method == "extend":
                self._extend(call)
            elif call.method == "release":
                self._release(call)
            elif call.method == "acquire" and knobs.reentrant != "no":
                self._enter(of_call[call.number])

    # -- what rules ask for ----------------------------------------------------------------------------

    def called(self, *methods: str) -> Iterator[tuple[CallRecord, Event]]:
        """Yield the calls of these methods that were completed, each with its completion."""
        for call in self.calls:
            if call.method in methods and call.completion is not None:
                yield call, call.completion

    def grants(self) -> Iterator[tuple[Tenure, Event]]:
        """Yield the attempts that were granted, each with the answer, in the order of their calls."""
        for tenure in self.tenures:
            if (told := tenure.told) is not None:
                yield tenure, told

    def owners(self, index: int, time_ms: int, *, beside: str) -> list[Tenure]:
        """Return the sure owners at this moment that are not the holder `beside`."""
        return [t for t in self.tenures if t.holder != beside and t.surely_owns(index, time_ms)]

    def owners_throughout(self, call: CallRecord, done: Event) -> list[Tenure]:
        """Return those that surely own the lock from the start to the end of this call of another holder."""
        start = call.invoked
        return [
            tenure
            for tenure in self.owners(start.index, start.time_ms, beside=holder_of(call))
            if tenure.surely_owns(done.index, done.time_ms)
        ]

    def latest_of(self, holder: str, before: int) -> Tenure | None:
        """Return the newest attempt of a holder that was granted before this event."""
        granted = [
            t for t in self.tenures if t.holder == holder and t.told is not None and t.told.index < before
        ]
        return max(granted, key=lambda t: t.acquire.invoked.index, default=None)

    def is_being_released(self, holder: str, index: int) -> bool:
        """Tell whether a holder began to release its newest lease, or lost its power, before this event."""
        latest = self.latest_of(holder, index)
        return latest is not None and latest.lapsed < index

    def came_since(self, tenure: Tenure, index: int) -> bool:
        """Tell whether another was granted the lock between the answer to this attempt and the event `index`."""
        since = tenure.told.index if tenure.told is not None else -1
        return any(t.told is not None and since < t.told.index < index for t in self.tenures)

    def may_be_held(self, call: CallRecord, done: Event, *, by: str = "") -> bool:
        """Tell whether, at some moment of `call`, a correct lock may be held by another attempt, of `by` if that is said."""
        start, grace_ms = call.invoked, self.knobs.grace_ms
        return any(
            start.index < t.acquire.invoked.index < done.index
            or t.may_hold(start.index, start.time_ms, grace_ms)
            for t in self.tenures
            if t.acquire is not call and (not by or t.holder == by)
        )

    def was_calm(self, call: CallRecord) -> bool:
        """Tell whether no fault met the call, and its holder did nothing else meanwhile."""
        done = call.completion
        if done is None or done.kind == "info" or call.faults or self.confused(holder_of(call), done.index):
            return False
        return not any(
            other is not call
            and other.invoked.index < done.index
            and (other.completion is None or other.completion.index > call.invoked.index)
            for other in self._by_holder[holder_of(call)]
        )

    def confused(self, holder: str, index: int) -> bool:
        """Tell whether, by this event, a holder had used its lock for two calls at once, and had lost no power since.

        A lock object belongs to one caller: what it believes after that is no promise of its author's.
        """
        return any(since <= index < until for since, until in self._confused[holder])

    def skewed(self, index: int) -> bool:
        """Tell whether a wall clock was stepped before this event."""
        return any(at < index for at in self.skews)

    # -- how attempts are read -------------------------------------------------------------------------

    def _begin(self, tenure: Tenure) -> None:
        call, lease_ms = tenure.acquire, self.knobs.lease_ms
        done = call.completion
        if done is None:
            return
        if is_granted(call):
            tenure.sure.append((done.index, call.invoked.time_ms + lease_ms))
            tenure.most_ms.append((done.index, math.inf if self.knobs.renewal else done.time_ms + lease_ms))
        elif _was_refused(call) and not call.faults:
            tenure.most_ms.append((done.index, done.time_ms))
            past_ms = done.time_ms - self.knobs.grace_ms - TOLERANCE_MS - 1
            tenure.freed = (done, past_ms)  # it holds nothing once it is answered
        else:
            tenure.most_ms.append((done.index, done.time_ms + lease_ms))

    def _confuse(self, holder: str) -> None:
        spans: list[tuple[int, float]] = []
        calls = [call for call in self._by_holder[holder] if call.method in _CHANGING]
        for call in calls:
            start = call.invoked.index
            if any(
                o.invoked.index < start and (o.completion is None or o.completion.index > start)
                for o in calls
            ):
                until = next((crash.index for crash in self.crashes if crash.index > start), math.inf)
                spans.append((start, until))
        self._confused[holder] = spans
        for tenure in self.tenures:
            ahead = [since for since, until in spans if tenure.acquire.invoked.index < until]
            if tenure.holder == holder and ahead:
                tenure.confused = min(ahead)
                tenure.lapsed = min(tenure.lapsed, tenure.confused)

    def _extend(self, call: CallRecord) -> None:
        done = call.completion
        tenure = self.latest_of(holder_of(call), call.invoked.index)
        if done is None or tenure is None or tenure.died_before(call.invoked.index):
            return
        adds, lease_ms = self.knobs.extend == "adds", self.knobs.lease_ms
        start = call.invoked
        was_held = tenure.may_hold(start.index, start.time_ms, self.knobs.grace_ms) or (
            self.knobs.revives and not self.came_since(tenure, done.index)
        )
        most_ms = max(until for _, until in tenure.most_ms) if adds else done.time_ms
        if was_held:
            tenure.most_ms.append((start.index, max(most_ms, done.time_ms) + lease_ms))
        if is_granted(call) and was_held:
            from_ms = max(until for _, until in tenure.sure) if adds else start.time_ms
            tenure.sure.append((done.index, from_ms + lease_ms))

    def _enter(self, tenure: Tenure) -> None:
        """Read an acquire of a lock that its holder may take again: it may be the first one, or one within it."""
        start, depth = tenure.acquire.invoked, self._depths[tenure.holder]
        earlier = [
            t for t in self.tenures if t.holder == tenure.holder and t.acquire.invoked.index < start.index
        ]
        held = [t for t in earlier if t.may_hold(start.index, start.time_ms, self.knobs.grace_ms)]
        last = self.latest_of(tenure.holder, start.index)
        if not held or (
            last is not None and (last.died_before(start.index) or self.came_since(last, start.index))
        ):
            depth.least = depth.most = 0
        told = tenure.told
        if told is None:
            depth.most += not _was_refused(tenure.acquire) or bool(tenure.acquire.faults)
            return
        owned = [
            t
            for t in held
            if t.surely_owns(start.index, start.time_ms) and t.surely_owns(told.index, told.time_ms)
        ]
        depth.most += 1
        depth.least = depth.least + 1 if owned else 1
        if not held:
            return
        if self.knobs.reentrant == "keeps":
            until_ms = max((until for t in owned for _, until in t.sure), default=-1)
            tenure.sure = [(told.index, until_ms)]
        if not self.knobs.renewal:
            most_ms = max(until for t in (tenure, *held) for _, until in t.most_ms)
            tenure.most_ms.append((told.index, most_ms))

    def _release(self, call: CallRecord) -> None:
        if self.knobs.reentrant != "no" and not self._leaves(call):
            return
        start, done = call.invoked.index, call.completion
        for tenure in self.tenures:
            if tenure.holder == holder_of(call) and tenure.acquire.invoked.index < start:
                tenure.lapsed = min(tenure.lapsed, start)
        latest = self.latest_of(holder_of(call), start)
        if latest is None or done is None or latest.freed is not None or latest.died_before(start):
            return
        if not self.was_calm(call):
            latest.failed_releases.append(call)
            return
        if self._depths[latest.holder].most or self._is_late(latest, done):
            return
        assert latest.told is not None
        freed = done, max(done.time_ms, latest.told.time_ms + self.knobs.at_least_ms)
        latest.freed = freed
        if self.knobs.reentrant != "no":
            for tenure in self.tenures:
                if tenure.holder == latest.holder and tenure.told is not None and tenure.told.index < start:
                    tenure.freed = tenure.freed or freed

    def _is_late(self, tenure: Tenure, done: Event) -> bool:
        """Tell whether what a release leaves to be done after its answer, which is `done`, met a fault."""
        since = tenure.acquire.invoked.index
        until_ms = done.time_ms + self.knobs.grace_ms
        return self.knobs.grace_ms > 0 and any(
            since < e.index and e.time_ms <= until_ms for e in self._beside
        )

    def _leaves(self, call: CallRecord) -> bool:
        """Count a release; tell whether it may be the last one. Only one that surely is frees anything."""
        depth = self._depths[holder_of(call)]
        depth.least = max(0, depth.least - 1)
        if self.was_calm(call):
            depth.most = max(0, depth.most - 1)
        return depth.least == 0

    def _die(self, crash: Event) -> None:
        for tenure in self.tenures:
            if tenure.acquire.invoked.index < crash.index:
                tenure.lapsed = min(tenure.lapsed, crash.index)
                tenure.died = tenure.died or crash


def _was_refused(call: CallRecord) -> bool:
    """Tell whether an acquire was answered that another has the lock."""
    done = call.completion
    return call.refused or (done is not None and done.kind == "ok")
