"""The replay: the model run over a history, up to the first record at which the breaker did what the model cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from shaketable_patterns.circuit_breaker.facts import (
    ADMIT,
    BLOCK,
    REJECT,
    RESULT,
    STATE,
    STRIKE,
    Facts,
    Record,
)
from shaketable_patterns.circuit_breaker.model import (
    CLOSED,
    HALF_OPEN,
    MUST,
    NEVER,
    OPEN,
    TOLERANCE_MS,
    Model,
    StateName,
)
from shaketable_patterns.circuit_breaker.profile import Knobs

_STATES = frozenset({CLOSED, OPEN, HALF_OPEN})


class Clash(NamedTuple):
    """The breaker admitted or rejected a call against the model; `model` is as it was just before."""

    record: Record
    position: int  # in facts.records
    model: Model
    diverged: int  # position of the first state shown that the model disagrees with ever since, or -1


class Replay(NamedTuple):
    """`clash` is None when the whole history fits; `mismatches` counts shown states that do not."""

    clash: Clash | None
    model: Model
    tested: Counter[str]  # by promise: how often it could have been broken; "late": results of another era
    mismatches: int
    overadmitted: int  # index of the admission that was one half-open call too many under unlimited, or -1
    blocked: tuple[tuple[Record, StateName], ...]  # calls that had to wait, and in which state
    reached: int  # how many records fit
    mismatched: int  # position of the first shown state that does not fit; beyond all if none


def replay(
    facts: Facts, knobs: Knobs, quirks: frozenset[str] = frozenset(), until: int | None = None
) -> Replay:
    """Feed the records (the first `until` of them) to a model with these knobs and quirks.

    Ends at the first clash, or where the model is lost.
    """
    return _Replaying(knobs, quirks).run(facts.records if until is None else facts.records[:until])


class _Replaying:
    __slots__ = (
        "_blocked",
        "_clash",
        "_diverged",
        "_knobs",
        "_mismatched",
        "_mismatches",
        "_model",
        "_overadmitted",
        "_tested",
    )

    def __init__(self, knobs: Knobs, quirks: frozenset[str]) -> None:
        self._knobs = knobs
        self._model = Model(knobs, quirks)
        self._tested: Counter[str] = Counter()
        self._clash: Clash | None = None
        self._mismatches = 0
        self._mismatched = 1 << 60
        self._diverged = -1
        self._overadmitted = -1
        self._blocked: list[tuple[Record, StateName]] = []

    def run(self, records: Sequence[Record]) -> Replay:
        model, reached, ticks = self._model, 0, self._model.ticks
        for record in records:
            if ticks:
                model.tick(record.time_ms)
            kind = record.kind
            if kind == STATE:
                if record.arg == model.state:
                    self._diverged = -1
                else:
                    self._state(record, reached)
            elif kind == RESULT:
                self._result(record)
            elif kind == ADMIT:
                self._admit(record, reached)
            elif kind == REJECT:
                self._reject(record, reached)
            elif kind == BLOCK:
                self._block(record)
            elif kind == STRIKE:
                model.lost = "a fault at a fault point: what it kept of the breaker's decision is not known"
            if self._clash is not None or model.lost:
                break
            reached += 1
        return Replay(
            self._clash,
            model,
            self._tested,
            self._mismatches,
            self._overadmitted,
            tuple(self._blocked),
            reached,
            self._mismatched,
        )

    def _admit(self, record: Record, position: int) -> None:
        model, tested = self._model, self._tested
        if model.allows(record.time_ms) == NEVER:
            self._clash = Clash(record, position, model, self._diverged)
            return
        if model.state == CLOSED:
            if model.inflight:
                tested["CB-10"] += 1
        else:
            self._probe(record)
        model.admit(record.call, record.time_ms, record.at)

    def _probe(self, record: Record) -> None:
        """Take in a half-open admission; where no limit is declared, remember the first that is one too many."""
        model, knobs = self._model, self._knobs
        self._tested["CB-3"] += 1
        unlimited = knobs.half_open_limit == "unlimited"
        if unlimited and self._overadmitted < 0 and model.inflight >= max(1, knobs.half_open_permits):
            self._overadmitted = record.at

    def _reject(self, record: Record, position: int) -> None:
        model, tested = self._model, self._tested
        if model.allows(record.time_ms) == MUST:
            self._clash = Clash(record, position, model, self._diverged)
            return
        if model.state == OPEN:
            tested["CB-4"] += 1
            tested["CB-10"] += 1
        else:
            tested["CB-3"] += 1
        model.refuse(record.time_ms, record.at)

    def _result(self, record: Record) -> None:
        model, tested = self._model, self._tested
        admitted = model.calls.get(record.call)
        if admitted is None:
            return
        if record.arg in ("cancelled", "excluded"):
            tested["CB-7"] += 1
        before, eras = model.state, len(model.eras)
        if admitted.era != model.era:
            tested["late"] += 1
        if before == OPEN or (before == HALF_OPEN and admitted.era != model.era):
            tested["CB-2"] += 1
        model.result(record.call, record.arg, record.time_ms, record.at, record.raised)
        if len(model.eras) > eras:
            tested["CB-2" if model.state == CLOSED else "CB-1"] += 1
        elif before == CLOSED and model.window.forgotten:
            tested["CB-5"] += 1

    def _block(self, record: Record) -> None:
        model = self._model
        waited = model.state == OPEN and model.allows(record.time_ms) != NEVER
        self._blocked.append((record, HALF_OPEN if waited else model.state))

    def _state(self, record: Record, position: int) -> None:
        """Take in a state that the breaker shows: never a clash by itself, but it tells where a later one began."""
        if record.arg not in _STATES or self._may_show(record.arg, record.time_ms):
            self._diverged = -1
            return
        self._mismatches += 1
        self._mismatched = min(self._mismatched, position)
        if self._diverged < 0:
            self._diverged = position

    def _may_show(self, shown: str, now_ms: int) -> bool:
        """Tell whether the model allows the breaker to show this state; near a boundary instant it may show either."""
        model = self._model
        if shown == model.state:
            return True
        if model.state == OPEN and shown == HALF_OPEN:
            return now_ms >= model.since_ms + self._knobs.wait_ms - TOLERANCE_MS
        if model.state == HALF_OPEN and shown == OPEN:
            limit_ms = self._knobs.max_half_open_ms
            if self._knobs.leaves_open == "automatic" and now_ms <= model.since_ms + TOLERANCE_MS:
                return True
            return bool(limit_ms) and now_ms >= model.since_ms + limit_ms - TOLERANCE_MS
        return False
