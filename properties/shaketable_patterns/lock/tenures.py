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
from shaketable.history import Event, History, Json
from shaketable_patterns.lock.profile import TOLERANCE_MS, Knobs

_CHANGING = ("acquire", "extend", "release")


def holder_of(call: CallRecord) -> str:
    """Return the holder that makes this call."""
    return str(call.invoked.value["holder"])


def is_granted(call: CallRecord) -> bool:
    """Tell whether the call was answered with something that is true."""
    return bool(call.result)


class Tenure:
    """One attempt of a holder to own the lock: an acquire, what extended it, and what ended it."""

    __slots__ = (
        "_lease_ms",
        "acquire",
        "confused",
        "died",
        "failed_releases",
        "freed",
        "holder",
        "lapsed",
        "most_ms",
        "sure",
        "told",
    )

    def __init__(self, acquire: CallRecord, lease_ms: int) -> None:
        self._lease_ms = lease_ms
        self.acquire = acquire
        self.holder = holder_of(acquire)
        self.told: Event | None = acquire.completion if is_granted(acquire) else None
        """The answer that made its holder the owner; None if there was none."""
        self.sure: list[tuple[int, int]] = []
        """(event, time_ms): from this event on its lease surely lasts until then."""
        self.most_ms: list[tuple[int, float]] = []
        """(event, time_ms): from this event on it may last until then."""
        self.lapsed = math.inf
        """The event from which on it is no sure owner any more: its holder began to release it, or died."""
        self.confused = math.inf
        """The event from which on its holder made two calls at once, so that nothing is known of what it has any more."""
        self.died: Event | None = None
        self.freed: tuple[Event, int] | None = None
        """The answer of a release that nothing disturbed, and from when on the lock must be free."""
        self.failed_releases: list[CallRecord] = []

    @property
    def token(self) -> int | None:
        """The fencing token that the answer carried, None if it carried none."""
        result: Json = self.acquire.result
        return result if type(result) is int and result > 0 else None

    def surely_owns(self, index: int, time_ms: int) -> bool:
        """Tell whether any correct lock has this owner at this moment of the history."""
        until_ms = max((until for at, until in self.sure if at <= index), default=-1)
        return index < self.lapsed and time_ms < until_ms - TOLERANCE_MS

    def may_hold(self, index: int, time_ms: int, grace_ms: int) -> bool:
        """Tell whether a correct lock may be held by this attempt at this moment."""
        if self.acquire.invoked.index > index:
            return False
        if self.confused <= index:
            return (
                self.died is None
                or index < self.died.index
                or time_ms <= self.died.time_ms + self._lease_ms + grace_ms
            )
        if self.freed is not None and index > self.freed[0].index and time_ms > self.freed[1] + TOLERANCE_MS:
            return False
        until_ms = max((until for at, until in self.most_ms if at <= index), default=math.inf)
        if self.died is not None and index >= self.died.index and until_ms == math.inf:
            until_ms = self.died.time_ms + self._lease_ms  # it renewed until then
        return time_ms <= until_ms + grace_ms + TOLERANCE_MS

    def died_before(self, index: int) -> bool:
        """Tell whether its holder had lost its memory by then."""
        return self.died is not None and self.died.index < index


class LockFacts:
    """The attempts on one lock, in the order in which they began, read once in the order of the history."""

    def __init__(self, history: History, knobs: Knobs) -> None:
        self.history = history
        self.knobs = knobs
        self.calls = list(history.view(CallFacts).calls.values())
        self.crashes = [event for event in history.events if event.kind == "crash"]
        self.skews = [e.index for e in history.events if e.kind == "fault" and e.name == "clock_step"]
        self.receipts = [e.index for e in history.events if e.kind == "receipt" and e.name != "clock_step"]
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
        for call in self.calls:
            if call.method == "extend":
                self._extend(call)
            elif call.method == "release":
                self._release(call)

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
            tenure.freed = (done, done.time_ms - TOLERANCE_MS - 1)  # it holds nothing once it is answered
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

    def _release(self, call: CallRecord) -> None:
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
        assert latest.told is not None
        latest.freed = (done, max(done.time_ms, latest.told.time_ms + self.knobs.at_least_ms))

    def _die(self, crash: Event) -> None:
        for tenure in self.tenures:
            if tenure.acquire.invoked.index < crash.index:
                tenure.lapsed = min(tenure.lapsed, crash.index)
                tenure.died = tenure.died or crash


def _was_refused(call: CallRecord) -> bool:
    """Tell whether an acquire was answered that another has the lock."""
    done = call.completion
    return call.refused or (done is not None and done.kind == "ok")
