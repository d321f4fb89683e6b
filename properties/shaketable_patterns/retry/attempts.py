"""The facts of a retry's history: the attempts of each call, how each ended, and which clocks were set meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.components.calls.recorded_calls import CallFacts, CallRecord
from shaketable.history import Event, History, Json
from shaketable_patterns.retry.profile import Knobs

RESULTS: dict[str, Json] = {"empty": None, "zero": 0, "blank": "", "false": False, "nothing": "list"}
"""What a history has as the result of a function that ended so; the last is the name of a type."""
DECLARED = frozenset({"fail", "fail_falsy", "lost"})
"""Endings that every retry declares: ConnectionError, which means here that nothing happened, and TimeoutError, which tells nothing."""
UNKNOWN = frozenset({"lost"})
_EXCEPTIONS = frozenset({"excluded", "excluded_falsy", "group"})


class Attempt:
    """One time that the function of a call ran. `returned` is None if it still runs, or was lost with the power."""

    __slots__ = ("ending", "entered", "returned", "was_cut")

    def __init__(self, entered: Event) -> None:
        self.entered = entered
        self.returned: Event | None = None
        self.ending = ""
        """The name of its ending; "lost" if the retry itself ended it after `attempt_ms`, "cut" if at the end of its budget."""
        self.was_cut = False


class Retried:
    """One call with all its attempts. `was_moved` if the harness or a fault kept it anywhere: then its waits say nothing."""

    __slots__ = ("attempts", "call", "is_idempotent", "was_moved")

    def __init__(self, call: CallRecord) -> None:
        self.call = call
        self.attempts: list[Attempt] = []
        self.is_idempotent = bool(call.invoked.value["idempotent"])
        self.was_moved = bool(call.faults)

    @property
    def start_ms(self) -> int:
        return self.call.invoked.time_ms

    def pairs(self) -> Iterator[tuple[int, Attempt, Event, Attempt]]:
        """Yield each attempt that was followed by another: how many had failed by then, it, its end, and the next one."""
        for failed, (attempt, following) in enumerate(zip(self.attempts, self.attempts[1:], strict=False), 1):
            if attempt.returned is not None:
                yield failed, attempt, attempt.returned, following


class RetryFacts:
    """The calls of one retry in the order in which they began, and when wall clocks were set."""

    def __init__(self, history: History, knobs: Knobs) -> None:
        self.knobs = knobs
        self.calls = {number: Retried(call) for number, call in history.view(CallFacts).calls.items()}
        self.steps = [e.index for e in history.events if e.kind == "receipt" and e.name == "clock_step"]
        for event in history.events:
            if event.kind == "effect" and isinstance(event.value, dict) and "call" in event.value:
                self._add(event, self.calls.get(event.value["call"]))

    def _add(self, event: Event, retried: Retried | None) -> None:
        if retried is None:
            return
        if event.name == "admitted":
            retried.attempts.append(Attempt(event))
        elif event.name == "returned":
            last = retried.attempts[-1] if retried.attempts else None
            if last is not None and last.returned is None:
                last.returned = event
                self._end(retried, last, event)
        elif event.name == "stopped" and "other" not in event.value:
            retried.was_moved = True

    def _end(self, retried: Retried, attempt: Attempt, returned: Event) -> None:
        knobs, attempt.ending = self.knobs, str(returned.value["with"])
        if attempt.ending != "cancelled":
            return
        lasted_ms = returned.time_ms - attempt.entered.time_ms
        passed_ms = returned.time_ms - retried.start_ms
        if (
            knobs.budget_covers == "all"
            and knobs.budget_ms
            and passed_ms >= knobs.budget_ms - knobs.tolerance_ms
        ):
            attempt.ending, attempt.was_cut = "cut", True
        elif knobs.attempt_ms and abs(lasted_ms - knobs.attempt_ms) <= knobs.tolerance_ms:
            attempt.ending, attempt.was_cut = "lost", True

    def succeeded(self, attempt: Attempt) -> bool:
        """Tell whether an attempt returned a result that is not to be tried again."""
        ending = attempt.ending
        return ending == "ok" or (ending in RESULTS and not (ending == "empty" and self.knobs.retries_none))

    def is_declared(self, attempt: Attempt) -> bool:
        """Tell whether what an attempt ended with is declared to be tried again."""
        ending, knobs = attempt.ending, self.knobs
        if ending in RESULTS:
            return ending == "empty" and knobs.retries_none
        return ending in DECLARED or (ending in _EXCEPTIONS and knobs.retries == "exceptions")

    def clock_was_set(self, retried: Retried) -> bool:
        """Tell whether a wall clock was set while this call was under way."""
        done = retried.call.completion
        end = done.index if done is not None else None
        return any(step > retried.call.invoked.index and (end is None or step < end) for step in self.steps)
