"""LK-6, and what the store shows of LK-2 and LK-3: the owner and the end of its lease between two steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from shaketable.checkers.tally import Tally
from shaketable.components.calls.recorded_calls import CallFacts, CallRecord
from shaketable.history import COMPLETIONS, Event, History
from shaketable_patterns.lock.profile import TOLERANCE_MS
from shaketable_patterns.lock.tenures import LockFacts, holder_of, is_granted


class Passage(NamedTuple):
    """The store before and after one step while a lease runs, and the calls that were under way between the two."""

    before: Event
    after: Event
    calls: tuple[CallRecord, ...]

    @property
    def owner(self) -> str:
        return str(self.before.value["owner"])

    @property
    def is_kept(self) -> bool:
        """True if the owner has the lock for as long as before, or longer."""
        return bool(
            self.after.value["owner"] == self.owner
            and self.after.value["until_ms"] >= self.before.value["until_ms"]
        )

    @property
    def is_same(self) -> bool:
        return bool(self.after.value == self.before.value)


def a_failed_acquire_changes_nothing(facts: LockFacts, tally: Tally) -> None:
    """Count steps in which others ask in vain for the lock; blame one after which the holder has it for another time."""
    for passage in _passages(facts):
        if not all(call.method == "acquire" and not is_granted(call) for call in passage.calls):
            continue
        tally.exercised += 1
        if passage.is_same or (facts.knobs.renewal and passage.is_kept):
            continue
        call = passage.calls[0]
        words = (
            f"{holder_of(call)} asks in vain for the lock (call {call.number}), and {passage.owner}, which had it until "
            f"{passage.before.value['until_ms']} ms, {_now(passage)}"
        )
        tally.breach("holder-changed", words, passage.before.index, call.invoked.index, passage.after.index)


def others_are_left_alone(facts: LockFacts, tally: Tally) -> None:
    """Count steps in which others release or extend; blame one after which the owner has the lock for another time."""
    for passage in _passages(facts):
        if not all(call.method in ("release", "extend") for call in passage.calls):
            continue
        tally.exercised += 1
        if passage.is_same or (facts.knobs.renewal and passage.is_kept):
            continue
        call = passage.calls[0]
        anomaly = "extended-anothers" if passage.is_kept else "released-anothers"
        words = f"{holder_of(call)} calls {call.method} (call {call.number}), and {passage.owner}, which had the lock, {_now(passage)}"
        tally.breach(anomaly, words, passage.before.index, call.invoked.index, passage.after.index)


def the_told_one_owns(facts: LockFacts, tally: Tally) -> None:
    """Count grants after which the store is seen before anything else happens; blame one of which it knows nothing."""
    shown = [e for e in facts.history.events if e.kind == "state" and e.name == "store"]
    for tenure, told in facts.grants():
        after = next((event for event in shown if event.index > told.index), None)
        if after is None or facts.skewed(after.index) or not tenure.surely_owns(after.index, after.time_ms):
            continue
        start = tenure.acquire.invoked.index
        if any(call is not tenure.acquire and _under_way(call, start, after.index) for call in facts.calls):
            continue
        tally.exercised += 1
        if after.value["owner"] != tenure.holder:
            owner = after.value["owner"] or "no one"
            words = f"{tenure.holder} is granted the lock (call {tenure.acquire.number}), which by the store {owner} has"
            tally.breach("told-without-lock", words, told.index, after.index)


class _Steps:
    """What the store showed before and after each step, and the calls that were under way between the two."""

    def __init__(self, history: History) -> None:
        self.passages: list[Passage] = []
        calls = history.view(CallFacts).calls
        under_way: dict[str, CallRecord] = {}
        ended: list[str] = []
        before: Event | None = None
        for event in history.events:
            if event.kind == "invoke":
                under_way[event.process] = calls[event.value["call"]]
            elif event.kind in COMPLETIONS:
                ended.append(event.process)
            elif event.kind == "state" and event.name == "store":
                if before is not None and under_way:
                    self.passages.append(Passage(before, event, tuple(under_way.values())))
                before = event
                for process in ended:
                    under_way.pop(process, None)
                ended.clear()


def _passages(facts: LockFacts) -> Iterator[Passage]:
    """Yield the steps in which none but others than the owner acted, while its lease ran on in any case."""
    for passage in facts.history.view(_Steps).passages:
        before, after = passage.before, passage.after
        if (
            not passage.owner
            or before.value["until_ms"] <= after.time_ms + TOLERANCE_MS
            or facts.skewed(after.index)
        ):
            continue
        if all(holder_of(call) != passage.owner for call in passage.calls):
            yield passage


def _under_way(call: CallRecord, since: int, until: int) -> bool:
    done = call.completion
    return call.invoked.index < until and (done is None or done.index > since)


def _now(passage: Passage) -> str:
    after = passage.after.value
    return f"has it until {after['until_ms']} ms" if after["owner"] == passage.owner else "has it no more"
