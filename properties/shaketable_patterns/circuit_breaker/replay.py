"""The replay: all that the declared breaker may be, followed through a history up to the first record that none of it allows.

Where the profile leaves a choice (a limit's very instant, the edge of a time window, a wait with jitter) there are
several models side by side; a shown state or an answer drops those that it contradicts. A call that waits inside the
breaker, for a store or because the harness stopped it between two lines, may have been decided, or its result recorded,
at any moment until it is admitted, rejected or answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from shaketable_patterns.circuit_breaker.facts import (
    ADMIT,
    ANSWERED,
    BLOCK,
    END,
    OTHER,
    REJECT,
    RESULT,
    STATE,
    STRIKE,
    Facts,
    Record,
)
from shaketable_patterns.circuit_breaker.model import Model
from shaketable_patterns.circuit_breaker.profile import Knobs
from shaketable_patterns.circuit_breaker.states import (
    CLOSED,
    HALF_OPEN,
    MUST,
    NEVER,
    OPEN,
    StateName,
)

_STATES = frozenset({CLOSED, OPEN, HALF_OPEN})
MODELS_MAX = 48  # so many ways side by side say nothing any more: the replay ends there


class Clash(NamedTuple):
    """The first record that no model allows; `model` is one of them as it was just before."""

    record: Record
    position: int  # in facts.records
    model: Model
    diverged: int  # position of the first state shown that the models disagree with ever since, or -1


class Replay(NamedTuple):
    """`clash` is None when the whole history fits; `mismatches` counts shown states that do not."""

    clash: Clash | None
    model: Model
    tested: Counter[str]  # by promise: how often it could have been broken; "late": results of another era
    mismatches: int
    blocked: tuple[tuple[Record, StateName], ...]  # calls that had to wait, and in which state
    reached: int  # how many records fit
    mismatched: int  # position of the first shown state that does not fit; beyond all if none
    work: int  # records fed to models
    lost: bool  # it ended early: too many ways side by side, or a fault at a fault point


def replay(
    facts: Facts, knobs: Knobs, quirks: frozenset[str] = frozenset(), until: int | None = None
) -> Replay:
    """Feed the records (the first `until` of them) to the models with these knobs and quirks, up to the first clash."""
    replaying = _Replaying(knobs, quirks)
    return replaying.run(facts.records if until is None else facts.records[:until])


class _Replaying:
    __slots__ = (
        "_answers",
        "_blocked",
        "_clash",
        "_diverged",
        "_mismatched",
        "_mismatches",
        "_models",
        "_now_ms",
        "_tested",
        "_undecided",
        "_unrecorded",
        "_wall",
    )

    def __init__(self, knobs: Knobs, quirks: frozenset[str]) -> None:
        self._answers = knobs.refusals == "answer"
        self._wall = knobs.clock == "wall" or "wall-clock" in quirks
        self._models = [Model(knobs, quirks)]
        self._tested: Counter[str] = Counter()
        self._clash: Clash | None = None
        self._mismatches = 0
        self._mismatched = 1 << 60
        self._diverged = -1
        self._blocked: list[tuple[Record, StateName]] = []
        self._undecided = set[int]()  # calls that wait inside and are not decided yet, as far as is seen
        self._unrecorded = dict[int, Record]()  # results of calls that still wait inside afterwards
        self._now_ms = 0

    def run(self, records: Sequence[Record]) -> Replay:
        reached, work, ticks, lost = 0, 0, self._models[0].ticks, False
        for record in records:
            now_ms = record.wall_ms if self._wall else record.time_ms
            if self._undecided or self._unrecorded:
                self._settle(self._now_ms, record.at)
            if ticks:
                for model in self._models:
                    model.tick(now_ms)
            if now_ms != self._now_ms and (self._undecided or self._unrecorded):
                self._settle(now_ms, record.at)
            self._now_ms = now_ms
            work += len(self._models)
            self._feed(record, reached)
            if self._clash is not None:
                break
            if record.kind == STRIKE:  # what a fault there kept of the breaker's decision is not known
                lost = True
                break
            if len(self._models) > 1 or self._models[0].forks:
                lost = self._gather()
                if lost:
                    break
            reached += 1
        return Replay(
            self._clash,
            self._models[0],
            self._tested,
            self._mismatches,
            tuple(self._blocked),
            reached,
            self._mismatched,
            work,
            lost,
        )

    def _feed(self, record: Record, position: int) -> None:
        kind = record.kind
        if kind == STATE:
            self._state(record, position)
        elif kind == RESULT:
            self._result(record)
        elif kind == ADMIT:
            self._admit(record, position)
        elif kind == REJECT:
            self._reject(record, position)
        elif kind == BLOCK:
            self._block(record)
        elif kind == END:
            self._end(record)

    # -- one record --------------------------------------------------------------------------------------

    def _admit(self, record: Record, position: int) -> None:
        now_ms, tested, call = self._now_ms, self._tested, record.call
        first = self._models[0]
        kept = [m for m in self._models if m.decided.get(call, m.allows(now_ms) != NEVER)]
        if not kept:
            self._clash = Clash(record, position, first, self._diverged)
            return
        model = kept[0]
        if model.state != CLOSED:
            tested["CB-3"] += 1
        elif model.inflight:
            tested["CB-10"] += 1
        for model in kept:
            if model.decided.pop(call, None) is None:
                model.admit(call, now_ms, record.at)
        self._models = kept
        self._undecided.discard(call)

    def _reject(self, record: Record, position: int) -> None:
        now_ms, tested, call = self._now_ms, self._tested, record.call
        first = self._models[0]
        kept = [m for m in self._models if not m.decided.get(call, m.allows(now_ms) == MUST)]
        if not kept and record.arg == ANSWERED and not self._answers:
            return  # that it was answered without running is told already, and is no refusal
        if not kept:
            self._clash = Clash(record, position, first, self._diverged)
            return
        if kept[0].state == OPEN:
            tested["CB-4"] += 1
            tested["CB-10"] += 1
        else:
            tested["CB-3"] += 1
        for model in kept:
            if model.decided.pop(call, None) is None:
                model.refuse(now_ms, record.at)
        self._models = kept
        self._undecided.discard(call)

    def _result(self, record: Record) -> None:
        if record.arg in ("cancelled", "excluded", OTHER):
            self._tested["CB-7"] += 1
        if record.recorded_later:
            self._unrecorded[record.call] = record
            for model in self._models:
                model.owed += (record.call,)
            return
        first = self._models[0]
        admitted = first.calls.get(record.call)
        before, eras, forgotten = first.state, len(first.eras), first.window.forgotten
        late = admitted is not None and admitted.era != first.era
        for model in self._models:
            model.result(record.call, record.arg, self._now_ms, record.at, record.raised)
        if admitted is not None:
            self._count_result(first, before, eras, late=late, forgotten=forgotten)

    def _count_result(
        self, model: Model, before: StateName, eras: int, *, late: bool, forgotten: int
    ) -> None:
        tested = self._tested
        tested["late"] += late
        if before == OPEN or (before == HALF_OPEN and late):
            tested["CB-2"] += 1
        if len(model.eras) > eras:
            tested["CB-2" if model.state == CLOSED else "CB-1"] += 1
        elif before == CLOSED and forgotten:
            tested["CB-5"] += 1

    def _block(self, record: Record) -> None:
        model, call = self._models[0], record.call
        if call not in self._unrecorded and call not in model.calls:
            self._undecided.add(call)
        if record.arg == "blocked":
            waited = model.state == OPEN and model.allows(self._now_ms) != NEVER
            self._blocked.append((record, HALF_OPEN if waited else model.state))

    def _end(self, record: Record) -> None:
        call = record.call
        self._undecided.discard(call)  # cancelled while it waited: whether it had a permit is left open
        result = self._unrecorded.pop(call, None)
        for model in self._models:
            if result is not None and call in model.owed:
                model.owed = tuple(owed for owed in model.owed if owed != call)
                model.result(call, result.arg, self._now_ms, result.at, result.raised)
            if model.decided.pop(call, False):
                model.result(call, "cancelled", self._now_ms, record.at)

    def _state(self, record: Record, position: int) -> None:
        """Take in a state that the breaker shows: never a clash by itself, but it tells the ways apart."""
        shown, now_ms = record.arg, self._now_ms
        if shown not in _STATES:
            self._diverged = -1
            return
        agreeing = [m for m in self._models if m.shows(shown, now_ms, record.at)]
        if agreeing:
            self._models = agreeing
            self._diverged = -1
            return
        self._mismatches += 1
        self._mismatched = min(self._mismatched, position)
        if self._diverged < 0:
            self._diverged = position

    # -- several ways side by side -----------------------------------------------------------------------

    def _settle(self, now_ms: int, index: int) -> None:
        """Add the ways in which calls that wait inside were decided by now, or their results recorded."""
        known = {model.signature for model in self._models}
        todo = list(self._models)
        while todo and len(self._models) <= MODELS_MAX:
            model = todo.pop(0)
            for other in self._later(model, now_ms, index):
                if other.signature not in known:
                    known.add(other.signature)
                    self._models.append(other)
                    todo.append(other)

    def _later(self, model: Model, now_ms: int, index: int) -> Iterable[Model]:
        answer = model.allows(now_ms)
        for call in sorted(self._undecided - model.decided.keys()):
            if answer != NEVER:
                yield from _copies(model, partial(Model.grant, call=call, now_ms=now_ms, index=index))
            if answer != MUST:
                yield from _copies(model, partial(Model.deny, call=call, now_ms=now_ms, index=index))
        for call in model.owed:
            result = self._unrecorded[call]
            recorded = partial(
                Model.record_owed, call=call, outcome=result.arg, now_ms=now_ms, index=result.at
            )
            yield from _copies(model, recorded)

    def _gather(self) -> bool:
        """Take in the ways that models left behind, each once; True if they are too many."""
        found: dict[tuple[object, ...], Model] = {}
        for model in [way for known in self._models for way in known.taken_apart()]:
            found.setdefault(model.signature, model)
        self._models = list(found.values())
        return len(self._models) > MODELS_MAX


def _copies(model: Model, change: Callable[[Model], None]) -> list[Model]:
    """Return a copy that took `change`, and what it left behind."""
    change(twin := model.copy())
    return twin.taken_apart()
