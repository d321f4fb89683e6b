"""How soon what happened to an instance must show in a listing: derived from the declared intervals."""

from __future__ import annotations

from shaketable.errors import UsageError
from shaketable.profile import Profile

LENGTHS = ("declared", "twice")


class Bounds:
    """The bounds of one profile, in milliseconds. `is_direct` listings need no fetch."""

    def __init__(self, profile: Profile) -> None:
        self.heartbeat_ms = profile.span_ms("heartbeat_ms")
        self.lease_ms = profile.span_ms("lease_ms")
        self.fetch_ms = profile.span_ms("fetch_ms")
        self.sweep_ms = profile.span_ms("sweep_ms")
        self.spread_ms = profile.span_ms("spread_ms")
        self.warm_up_ms = profile.span_ms("warm_up_ms")
        self.timeout_ms = profile.span_ms("timeout_ms")
        self.margin_ms = profile.span_ms("margin_ms")
        self.is_twice = profile.choice("lease_length", LENGTHS) == "twice"
        profile.choice("self_preservation", ("on", "off"))
        if self.lease_ms < 3 * self.heartbeat_ms:
            raise UsageError("lease_ms is less than three heartbeat_ms: one lost heartbeat could end a lease")

    @property
    def ask_ms(self) -> int:
        """How long a request may take that goes to a second registry when the first does not answer."""
        return 2 * self.timeout_ms

    def shown_ms(self, *, is_direct: bool) -> int:
        """Return how soon what one replica is told is in every listing."""
        fetched_ms = 0 if is_direct else self.fetch_ms + self.ask_ms
        return self.spread_ms + fetched_ms + self.margin_ms

    def back_ms(self, *, is_direct: bool) -> int:
        """Return how soon an instance is listed that lives, and that nothing hinders."""
        return self.heartbeat_ms + 2 * self.ask_ms + self.shown_ms(is_direct=is_direct)

    def gone_ms(self, *, is_direct: bool, is_twice: bool) -> int:
        """Return how soon an instance from which nothing comes is in no listing."""
        leases = 2 if is_twice else 1
        return leases * self.lease_ms + self.sweep_ms + self.timeout_ms + self.shown_ms(is_direct=is_direct)

    @property
    def steady_ms(self) -> int:
        """What happened longer ago than this costs no instance its place, even if one heartbeat was lost since: it was back before."""
        return 2 * self.back_ms(is_direct=False) + self.heartbeat_ms

    @property
    def one_heartbeat_ms(self) -> int:
        """A trouble no longer than this costs an instance one heartbeat at most."""
        return self.heartbeat_ms - self.ask_ms
