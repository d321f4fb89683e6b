"""Faults of one process or server, or of every replica of a role, now."""

from __future__ import annotations

from hashlib import sha256

from shaketable.faults.fault_type import FaultType, Need


class ServiceFault(FaultType, frozen=True, kw_only=True):
    """Something happens to one process, now, or to every replica of the role `service`."""

    service: str

    @property
    def parties(self) -> tuple[str, ...]:
        return (self.service,)

    def plainer(self) -> tuple[AtService, ...]:
        """Return faults that are easier to understand, the plainest first, which the shrinker tries instead."""
        return ()


class Crash(ServiceFault, frozen=True, tag="crash", kw_only=True):
    """A power cut: no `finally` runs, uncommitted state is gone. It comes back after `down_ms`."""

    needs, words = Need.POWER, "cut the power of {service}, down {down_ms}"
    down_ms: int = 1_000

    @property
    def lasts_ms(self) -> int:
        return self.down_ms


class Pause(ServiceFault, frozen=True, tag="pause", kw_only=True):
    """The process stands still for `for_ms` (SIGSTOP, a long collection): its timers are late afterwards."""

    needs, words = Need.PROCESSES, "freeze {service} for {for_ms}"
    names = "process"
    for_ms: int

    @property
    def lasts_ms(self) -> int:
        return self.for_ms


class Restart(ServiceFault, frozen=True, tag="restart", kw_only=True):
    """An orderly stop and start (SIGTERM, a deployment): clean-up code runs."""

    needs, words = Need.PROCESSES, "restart {service} in good order, down {down_ms}"
    down_ms: int = 100

    @property
    def lasts_ms(self) -> int:
        return self.down_ms


class ClockStep(ServiceFault, frozen=True, tag="clock_step", kw_only=True):
    """The wall clock of one service jumps by `delta_ms`, back if negative; its monotonic clock does not."""

    needs, words = Need.CLOCKS, "step the wall clock of {service} {way} by {by_ms}"
    names = "process"
    delta_ms: int

    @property
    def way(self) -> str:
        return "forward" if self.delta_ms >= 0 else "back"

    @property
    def by_ms(self) -> int:
        return abs(self.delta_ms)

    @property
    def lasts_ms(self) -> int:
        """Nothing waits for its end: no heal takes it back."""
        return 0


class CacheLoss(ServiceFault, frozen=True, tag="cache_loss", kw_only=True):
    """The cache `service` forgets everything and stays up."""

    needs, words = Need.CACHE, "make {service} forget everything"

    @property
    def lasts_ms(self) -> int:
        return 0


class KeyEviction(ServiceFault, frozen=True, tag="key_eviction", kw_only=True):
    """The cache `service` loses some of its keys and keeps the others, as under memory pressure.

    A key belongs to the share that the first four bytes of its SHA-256 are, as a number, modulo `shares`; that of number `share`
    modulo `shares` is lost. So it is the same keys in every world, whatever else is there.
    """

    needs, words = Need.CACHE, "evict share {share} of {shares} of the keys of {service}"
    shares: int = 2
    share: int = 0

    def __post_init__(self) -> None:
        if self.shares < 1 or self.share < 0:
            raise ValueError(
                f"shares must be 1 or more and share 0 or more, got {self.shares} and {self.share}"
            )

    @property
    def lasts_ms(self) -> int:
        return 0

    def takes(self, key: str) -> bool:
        """Tell whether a key is among those that are lost."""
        number = int.from_bytes(sha256(key.encode()).digest()[:4], "big")
        return (number - self.share) % self.shares == 0

    def plainer(self) -> tuple[AtService, ...]:
        return (CacheLoss(service=self.service),)


class Retention(ServiceFault, frozen=True, tag="retention", kw_only=True):
    """The broker `service` deletes all but the last `keep` records of each partition, read or not, where a topic is declared to expire.

    A consumer whose position is gone goes on with the earliest record that is left, or behind the last one, as it declares
    (Kafka's `auto.offset.reset`).
    """

    needs, words = (
        Need.RETENTION,
        "let all but the last {keep} records of each partition that expires be gone from {service}",
    )
    keep: int = 0

    def __post_init__(self) -> None:
        if self.keep < 0:
            raise ValueError(f"keep must not be negative, got {self.keep}")

    @property
    def lasts_ms(self) -> int:
        return 0


AtService = Crash | Pause | Restart | ClockStep | CacheLoss | KeyEviction | Retention
