"""The uses of each key in a history: which call executed, when it surely owned its key, and until when it may have been in its way.

What the store did when is not seen from outside. A call that entered its function owns the key; its lease began after the call did, so it
surely lasts a lease from there, and may last one from its end. A call that met a fault may have left anything behind.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from shaketable.components.calls.recorded_calls import CallFacts, CallRecord
from shaketable.history import Event, History, Json
from shaketable_patterns.idempotency_store.profile import TOLERANCE_MS, Knobs

_RETURNS = frozenset({"ok", "empty", "zero", "blank", "false", "nothing"})


class Use:
    """One call with its key and payload."""

    def __init__(self, call: CallRecord, history: History, knobs: Knobs) -> None:
        self.call = call
        self.key = str(call.arguments["key"])
        self.payload = str(call.arguments["payload"])
        self.knobs = knobs
        self.start = call.invoked
        self.entered: Event | None = call.entered[0] if call.entered else None
        self.done: Event | None = call.completion
        self.crash: Event | None = None
        self.is_interleaved = False
        """True if others went on while it stood somewhere, or in its turn: then a cancellation may have come twice."""
        self._lost_ms = sum(_cost_ms(history.events[receipt.ref].value, knobs) for receipt in call.faults)

    @property
    def end(self) -> float:
        """The index of its completion; infinite if it has none."""
        return math.inf if self.done is None else self.done.index

    @property
    def _worked_until(self) -> float:
        """The index at which it may give its key back: at its end, or as soon as its function failed or was cancelled."""
        returned = self.call.returned
        return self.end if returned is None or self.is_executed else returned.index

    @property
    def is_calm(self) -> bool:
        """True if no fault met it, and nothing ended it but itself."""
        return self.done is not None and self.done.kind != "info" and not self.call.faults

    @property
    def is_executed(self) -> bool:
        """True if its function returned: then its effect is there."""
        return self.call.ending in _RETURNS

    @property
    def is_late_entry(self) -> bool:
        """True if a fault kept it for longer than a lease before it entered: it may have begun its key before, and no store stops it."""
        if self.entered is None or not self.call.faults or not self.knobs.lease_ms:
            return False
        return self.entered.time_ms >= self.start.time_ms + self.knobs.lease_ms - TOLERANCE_MS

    @property
    def is_refused(self) -> bool:
        """True if it ended in an exception, and never executed."""
        return self.entered is None and self.done is not None and self.done.kind == "fail"

    @property
    def is_answered(self) -> bool:
        """True if it got an outcome without executing."""
        return self.entered is None and self.done is not None and self.done.kind == "ok"

    @property
    def is_stored(self) -> bool:
        """True if its outcome surely is the key's: it executed within its lease, and was told so."""
        done = self.done
        if (
            done is None
            or done.kind != "ok"
            or self.entered is None
            or not self.is_executed
            or not self.is_calm
        ):
            return False
        if self.knobs.outcomes == "truthy" and self.call.ending != "ok":
            return False
        return self.owns(done.index, done.time_ms)

    def owns(self, index: int, time_ms: int) -> bool:
        """Tell whether it surely owns its key at this moment: it works, and its lease cannot be over."""
        if self.entered is None or not self.entered.index <= index <= self._worked_until:
            return False
        if self.crash is not None and self.crash.index < index:
            return False
        if self.knobs.lease_ms == 0:
            return not self.call.faults
        if self.knobs.renew_ms and self._lost_ms + 2 * self.knobs.renew_ms <= self.knobs.lease_ms:
            return True
        return time_ms < self.start.time_ms + self.knobs.lease_ms - TOLERANCE_MS

    def keeps(self, index: int, time_ms: int) -> bool:
        """Tell whether the key surely still has its outcome, for all that a retention says."""
        if self.done is None or not self.is_stored or self.done.index >= index:
            return False
        return (
            not self.knobs.retention_ms
            or time_ms < self.start.time_ms + self.knobs.retention_ms - TOLERANCE_MS
        )

    def may_block(self, index: int, time_ms: int) -> bool:
        """Tell whether its key may be in progress because of it at this moment."""
        if self.start.index > index:
            return False
        if self.crash is None and self.end > index:
            return True
        if (self.is_calm and not self._leaves_it()) or self._is_given_back:
            return False
        ended = self.crash or self.done
        assert ended is not None
        late_ms = self.knobs.lease_ms + self.knobs.grace_ms + TOLERANCE_MS
        return not self.knobs.lease_ms or time_ms <= ended.time_ms + late_ms

    def may_be_stored(self, index: int, time_ms: int) -> bool:
        """Tell whether the key may have an outcome of it at this moment."""
        stores = self.knobs.on_error == "store" and self.call.returned is not None
        if self.entered is None or self.start.index > index or not (self.is_executed or stores):
            return False
        ended = self.crash or self.done
        late_ms = self.knobs.retention_ms + self.knobs.grace_ms + TOLERANCE_MS
        return not self.knobs.retention_ms or ended is None or time_ms <= ended.time_ms + late_ms

    def _leaves_it(self) -> bool:
        """Tell whether, by its own end, it may leave the key in progress for the rest of its lease."""
        if self.entered is None or self.is_executed:
            return self.entered is not None and not self.is_stored
        return self.knobs.on_error == "lease"

    @property
    def _is_given_back(self) -> bool:
        """True if it was cancelled in its function, and has to release its key then."""
        done = self.done
        return (
            self.knobs.on_cancel == "release"
            and done is not None
            and done.kind == "info"
            and "cancelled" in done.value
            and self.call.ending == "cancelled"
            and not self.call.faults
            and not self.is_interleaved
        )

    @property
    def result(self) -> Json:
        return self.call.result


class Uses:
    """The uses of every key, in the order in which they began."""

    def __init__(self, history: History, knobs: Knobs) -> None:
        self.knobs = knobs
        self.of: dict[str, list[Use]] = {}
        crashes = [event for event in history.events if event.kind == "crash"]
        interleaved = {
            event.value["call"]
            for event in history.events
            if event.kind == "effect" and event.name in ("stopped", "overlaps")
        }
        for call in history.view(CallFacts).calls.values():
            use = Use(call, history, knobs)
            use.crash = (
                next((crash for crash in crashes if use.start.index < crash.index < use.end + 2), None)
                if call.lost
                else None
            )
            use.is_interleaved = call.number in interleaved
            self.of.setdefault(use.key, []).append(use)

    def _late_ms(self, uses: list[Use]) -> float:
        """Return when the first use of a key worked past its lease, where its environment would have ended it before: nothing is
        judged from there.
        """
        late = (use.start.time_ms + self.knobs.lease_ms for use in uses if self._is_late(use))
        return min(late, default=math.inf) if self.knobs.ends_in_time else math.inf

    def _is_late(self, use: Use) -> bool:
        """Tell whether it worked past its lease."""
        until_ms = use.start.time_ms + self.knobs.lease_ms - TOLERANCE_MS
        return use.entered is not None and (use.done is None or use.done.time_ms >= until_ms)

    def pairs(self) -> Iterator[tuple[Use, list[Use]]]:
        """Yield each use with those of its key that began before it ended, itself left out."""
        for uses in self.of.values():
            late_ms = self._late_ms(uses)
            for use in uses:
                last = use.done or use.entered
                if last is not None and last.time_ms < late_ms:
                    yield use, [other for other in uses if other is not use and other.start.index < use.end]

    def before(self, use: Use, others: list[Use]) -> list[Use]:
        """Return those of which the key surely has the outcome, from the start of a use to its end."""
        last = use.done or use.entered or use.start
        return [one for one in others if one.keeps(use.start.index, last.time_ms)]


def _cost_ms(fault: Json, knobs: Knobs) -> int:
    """Return how much of a lease a fault may cost: the renewal that failed, and how long it stood."""
    said = fault if isinstance(fault, dict) else {}
    spans = [one for one in said.values() if isinstance(one, dict)] + [said]
    stood_ms = max((int(one.get(name, 0)) for one in spans for name in ("timeout_ms", "for_ms")), default=0)
    return knobs.renew_ms + stood_ms
