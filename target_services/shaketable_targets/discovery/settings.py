"""The names of a run's services, and their intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace

APP = "ROOMS"
REGISTRIES = ("registry-1", "registry-2")
MEMBERS = ("rooms-1", "rooms-2", "rooms-3")
DESKS = ("desk-1", "desk-2")
PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every interval of registries, instances and desks. The defaults are the pattern document's where it names one."""

    heartbeat_ms: int = 30_000
    lease_ms: int = 90_000
    """How long an instance is listed after its last heartbeat, as it declares when it registers."""
    fetch_ms: int = 30_000
    sweep_ms: int = 60_000
    """The registry looks for leases that have run out so often (Eureka's `evictionIntervalTimerInMs`)."""
    lease_factor: int = 1
    """The real length of a lease in declared ones. Eureka's is 2: `Lease.renew` adds the duration, and `isExpired` adds it again."""
    preserves: bool = False
    """Self-preservation: nothing is evicted while fewer than `preserved_percent` of the leases are being renewed."""
    preserved_percent: int = 85
    timeout_ms: int = 2_000
    """For one request."""
    retry_ms: int = 2_000
    """The pause before a replica is told again what it has not acknowledged."""

    @property
    def warm_up_ms(self) -> int:
        """How long a registry that finds no replica to learn from waits before it answers: by then every live instance came by."""
        return self.heartbeat_ms + 3 * self.timeout_ms

    @property
    def duration_s(self) -> int:
        """The lease as it is declared."""
        return self.lease_ms // 1_000


DOCUMENT = Settings()
TWICE = replace(DOCUMENT, lease_factor=2)
PRESERVING = replace(DOCUMENT, preserves=True)
FAST = Settings(heartbeat_ms=12_000, lease_ms=36_000, fetch_ms=12_000, sweep_ms=12_000, timeout_ms=5_000)
"""For real servers, whose time is sped up: a busy machine makes a shorter timeout run out although nothing failed."""
