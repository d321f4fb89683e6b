"""One attempt to own a lock: when it surely did, and until when it may have."""

from __future__ import annotations

import math

from shaketable.components.calls.recorded_calls import CallRecord
from shaketable.history import Event, Json
from shaketable_patterns.lock.profile import TOLERANCE_MS


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
        if (
            self.freed is not None
            and index > self.freed[0].index
            and time_ms > self.freed[1] + grace_ms + TOLERANCE_MS
        ):
            return False
        until_ms = max((until for at, until in self.most_ms if at <= index), default=math.inf)
        if self.died is not None and index >= self.died.index and until_ms == math.inf:
            until_ms = self.died.time_ms + self._lease_ms  # it renewed until then
        return time_ms <= until_ms + grace_ms + TOLERANCE_MS

    def died_before(self, index: int) -> bool:
        """Tell whether its holder had lost its memory by then."""
        return self.died is not None and self.died.index < index
