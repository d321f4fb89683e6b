"""The leases of one registry: who is registered until when, and who has taken leave. Times are of one monotonic clock."""

from __future__ import annotations

from dataclasses import dataclass

from shaketable.ports import Json

Key = tuple[str, str]
"""An application and the id of an instance of it."""


@dataclass(slots=True)
class Lease:
    """One instance as it registered. `stamp` is greater in a later registration; 0 if it has none."""

    instance: Json
    stamp: int
    duration_ms: int
    renewed_ms: int


class Leases:
    """Decides what becomes of each request; it sends nothing and waits for nothing."""

    def __init__(self, factor: int) -> None:
        self._factor = factor
        self.held: dict[Key, Lease] = {}
        self.gone: dict[Key, tuple[int, int]] = {}
        """Up to which stamp an instance has taken leave, and when."""

    def register(self, key: Key, instance: Json, now_ms: int) -> bool:
        """Register an instance unless something later is known of it; tell whether that was done."""
        stamp = stamp_of(instance)
        if self.is_outdated(key, stamp):
            return False
        self.gone.pop(key, None)
        self.held[key] = Lease(instance, stamp, duration_ms_of(instance), now_ms)
        return True

    def is_outdated(self, key: Key, stamp: int) -> bool:
        """Tell whether a registration comes after a later one, or after the leave that it was taken back by."""
        if not stamp:
            return False
        known = self.held.get(key)
        return (known is not None and known.stamp > stamp) or self.gone.get(key, (0, 0))[0] >= stamp

    def renew(self, key: Key, stamp: int, now_ms: int) -> bool:
        """Renew a lease; False if there is none of that registration."""
        lease = self.held.get(key)
        if lease is None or (stamp and lease.stamp < stamp):
            return False
        lease.renewed_ms = now_ms
        return True

    def cancel(self, key: Key, stamp: int, now_ms: int) -> bool:
        """Let an instance take leave, and remember it: a registration on its way may come later. False if it was not there."""
        lease = self.held.get(key)
        if lease is not None and stamp and lease.stamp > stamp:
            return False  # it has registered again since
        self.held.pop(key, None)
        last = stamp or (0 if lease is None else lease.stamp)
        if last:
            self.gone[key] = last, now_ms
        return lease is not None

    def expired(self, now_ms: int) -> list[Key]:
        """Return whose lease has run out."""
        return [key for key, lease in self.held.items() if self.is_over(lease, now_ms)]

    def is_over(self, lease: Lease, now_ms: int) -> bool:
        return now_ms - lease.renewed_ms > lease.duration_ms * self._factor

    def renewed_percent(self, now_ms: int, within_ms: int) -> int:
        """Return the share of leases that were renewed lately."""
        lately = sum(now_ms - lease.renewed_ms <= within_ms for lease in self.held.values())
        return 100 * lately // max(1, len(self.held))

    def forget(self, before_ms: int) -> None:
        """Forget who took leave before an instant: nothing of that time is on its way any more."""
        self.gone = {key: one for key, one in self.gone.items() if one[1] >= before_ms}


def stamp_of(instance: Json) -> int:
    """Return the stamp of a registration: Eureka's clients write a number as text."""
    text = str(instance.get("lastDirtyTimestamp") or "0")
    return int(text) if text.isdecimal() else 0


def duration_ms_of(instance: Json) -> int:
    """Return how long an instance asks to be kept without a heartbeat; Eureka's own default is 90 s."""
    lease = instance.get("leaseInfo")
    declared = lease.get("durationInSecs") if isinstance(lease, dict) else None
    return int(declared or 90) * 1_000
