"""A test of your circuit breaker, written by `shaketable init breaker --asyncio`. Run it: `pytest test_my_breaker_asyncio.py`.

1. It is green. Write `Mistaken` for `MyBreaker` in the line `CERTIFIED = ...` and run it again: it is red, and a story says why.
2. Put your own class, or an adapter of it, in the place of MyBreaker, and declare in PROFILE how that one behaves.
3. Keep it in your CI; `--shaketable-profile soak` tries more. `docs/components.md` of shaketable says what a class may offer.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from shaketable import breaker, certify


class Rejected(Exception):
    """The breaker is open: the function did not run."""


class MyBreaker:
    """For asyncio: opens after 3 failures in a row; 10 s later one trial call decides whether it closes or stays open."""

    rejections = (Rejected,)  # the errors by which it refuses a call

    def __init__(self, _clock: object) -> None:
        self._state = "closed"
        self._opened_s = 0.0
        self._failures = 0
        self._on_trial = False
        self._era = 0  # one more with each change: what began in an earlier one says nothing of this one

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        era = self._begin()
        try:
            result = await fn()
        except OSError:
            self._end(era, failed=True)
            raise
        except BaseException:  # cancelled too: no word about the upstream, but a trial call is over
            self._give_up(era)
            raise
        self._end(era, failed=False)
        return result

    def state(self) -> str:
        return self._state

    def _begin(self) -> int:
        if self._state == "open" and time.monotonic() >= self._opened_s + 10:
            self._enter("half_open")
        if self._state == "open" or self._on_trial:
            raise Rejected
        self._on_trial = self._state == "half_open"
        return self._era

    def _end(self, era: int, *, failed: bool) -> None:
        if era != self._era:
            return
        self._failures = self._failures + 1 if failed else 0
        if failed and (self._on_trial or self._failures >= 3):
            self._enter("open")
        elif self._on_trial:
            self._enter("closed")

    def _give_up(self, era: int) -> None:
        if era == self._era:
            self._on_trial = False

    def _enter(self, state: str) -> None:
        self._state = state
        self._opened_s = time.monotonic()
        self._failures = 0
        self._on_trial = False
        self._era += 1


class Mistaken(MyBreaker):
    """The planted mistake: a trial call that ends with any other error is taken to run for ever."""

    def _give_up(self, era: int) -> None:
        pass


CERTIFIED = MyBreaker  # the planted mistake: CERTIFIED = Mistaken

PROFILE: dict[str, str | int | float | bool] = {
    "trip_rule": "consecutive",  # it opens by: consecutive failures, a rate, a total, a balance, or a moving average
    "failure_threshold": 3,  # so many failures; per cent by a rate or an average
    "average_weight_percent": 0,  # of the newest outcome in a moving average
    "compare": ">=",  # it opens at the threshold, or only above it: >
    "judged_on": "outcomes",  # a rate is looked at after each outcome, or only after failures
    "counted_at": "end",  # a call counts in a rate from its end, or from its start
    "evaluates_every_ms": 0,  # it looks at a rate only so often; 0: at once
    "window": "none",  # outcomes that count: the last count, a sliding time, a tumbling one, or none
    "window_size": 0,  # so many outcomes, of a count
    "window_ms": 0,  # so long, of a time
    "window_aligned": False,  # tumbling windows begin at multiples of window_ms
    "bucket_ms": 0,  # the grain of a sliding time; 0: a tenth of it
    "close_clears": True,  # it forgets old outcomes when it closes
    "minimum_calls": 1,  # a rate needs so many outcomes
    "wait_ms": 10_000,  # it stays open so long
    "wait_factor_percent": 100,  # each reopening multiplies the wait by this
    "wait_step_ms": 0,  # each reopening adds this to the wait
    "wait_max_ms": 0,  # a wait that grows ends here; 0: nowhere
    "wait_decay_ms": 0,  # a wait that has grown is forgotten after so long closed; 0: when it closes
    "wait_jitter_ms": 0,  # the wait is drawn from wait_ms to this much more
    "after_wait": "half_open",  # trial calls follow, or it is closed
    "half_open_permits": 1,  # so many trial calls; 0: any number
    "half_open_limit": "one",  # that is one at a time; or permits in total, concurrent, unlimited, gradual
    "half_open_in_flight": 0,  # so many trial calls at once, beside half_open_limit; 0: no limit
    "half_open_failures": 1,  # so many failures of trial calls open it again
    "probe_renewal_ms": 0,  # a trial call that hangs so long is given up; 0: never
    "excess": "reject",  # a call beyond the trial calls is rejected, or has to wait
    "close_on": "first_success",  # it closes on that, on successes in a row, or once all_permitted have ended
    "close_successes": 1,  # so many, where it closes on successes
    "stale": "ignore",  # a result of an earlier state is ignored, or counts
    "excluded": "nothing",  # an error that is not declared counts as nothing, a success or a failure
    "cancelled": "nothing",  # a cancelled call counts as nothing, or as a failure
    "late_failure_extends_open": False,  # a failure that arrives while it is open begins the wait anew
    "slow_rate_threshold": 0,  # per cent of slow calls that open it; 0: they have no rate of their own
    "slow_call_ms": 0,  # a call is slow from then on
    "slow_calls": "apart",  # slow calls have that rate apart, are each a failure, or are the only ones
    "none_results": "success",  # a function that returns None is a success, or a failure
    "call_timeout_ms": 0,  # it gives a call up after so long, as a failure; 0: never
    "max_half_open_ms": 0,  # half-open ends after so long; 0: never
    "leaves_open": "lazily",  # it leaves open with the next call, or by itself: automatic
    "wait_compare": ">=",  # the wait is over at its last instant, or after it: >
    "clock": "monotonic",  # its waits follow that clock, or the wall clock
    "errors": "unchanged",  # callers get failures unchanged, wrapped, wrapped_on_trip, or an answer instead
    "refusals": "raise",  # refused callers get an error, or an answer
    "states_observable": True,  # it has a method state()
    "listeners": False,  # it has a method listen(callback)
    "documented": "",  # anomalies that your documentation admits: each is a limit and no violation
}


def test_my_breaker_asyncio() -> None:
    """Certify it: it has to keep every promise under faults, cancellation, odd results and clocks that step."""
    certify(breaker("my-breaker", CERTIFIED, profile=PROFILE, sync=False))
