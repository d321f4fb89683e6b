"""The nemesis of an order system: faults decoded from one drawn number, timed around the system's own intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shaketable.boundary import Boundary
from shaketable.explore.generate.drawn_faults import Targets, TimedFaults, consumed
from shaketable.explore.generate.fault_options import DEFAULT_FAULT_OPTIONS, FaultOptions
from shaketable.explore.generate.places import Places
from shaketable.fault import Fault, Need
from shaketable.profile import Profile
from shaketable.subject import Subject, System
from shaketable.world_traits import ALL_BUT_BYTES

_LEASES = ("fenced-lock", "lock-at-most-for", "log")
"""Relays that hold a lock for a while, which then has to be waited for."""
_DRIVEN_BY_LEASE = "orchestration-by-lease"
"""An orchestrator whose instances claim a saga for a while."""
_DECISIVE = frozenset({"COMMIT", "PRODUCE", "OFFSET_COMMIT", "POST"})

_SERVERS = frozenset({"postgres", "kafka"})
"""Servers that lose power now and then: all that are connected are refused until they are back."""


class Intervals:
    """A subject's intervals, and durations just below and beyond them."""

    __slots__ = (
        "charged_ms",
        "down_ms",
        "holds_ms",
        "lease_ms",
        "patience_ms",
        "poll_ms",
        "step_ms",
        "turns_ms",
        "wait_ms",
    )

    def __init__(self, profile: Profile, session_timeout_ms: int) -> None:
        poll_ms = _knob(profile, "poll_interval_ms", 1_000)
        lock_ms = _knob(profile, "lock_at_most_for_ms", 10_000)
        lease_ms = _knob(profile, "key_lease_ms", 1_000)
        attempts = _knob(profile, "attempts_max", 5)
        timeout_ms = _knob(profile, "provider_timeout_ms", 2_000)
        pauses_ms = attempts * _knob(profile, "retry_backoff_ms_max", 2_000)
        knobs = profile.knobs
        leased = knobs.get("relay") in _LEASES or knobs.get("style") == _DRIVEN_BY_LEASE
        longest_ms = lock_ms + poll_ms if leased else 2 * poll_ms
        self.wait_ms = (20, 200, lease_ms + 200, poll_ms + 200, longest_ms)
        """Mostly short: work that is left when the steps end is still done before the run is judged."""
        self.holds_ms = (longest_ms, *DEFAULT_FAULT_OPTIONS.holds_ms[1:])
        """After the first one every lease of the sender has expired."""
        self.down_ms = (
            100,
            session_timeout_ms + 200,
            poll_ms + 200,
            longest_ms,
        )
        self.patience_ms = (*self.down_ms, attempts * timeout_ms + pauses_ms)
        """The last one is longer than all retries together."""
        self.poll_ms = poll_ms
        self.lease_ms = lease_ms
        self.turns_ms = (
            4 * poll_ms,
            4 * poll_ms + timeout_ms,
            4 * (poll_ms + timeout_ms),
            self.patience_ms[-1],
        )
        """After this long, who polls has tried a few times, who retries has given up."""
        self.charged_ms = poll_ms + 200
        """After this long a new order has been charged and its items have not been reserved."""
        self.step_ms = (-lock_ms, lease_ms + 200, lock_ms + 1_000)

    @property
    def options(self) -> FaultOptions:
        """The sizes of faults that go with these intervals."""
        return FaultOptions(
            holds_ms=self.holds_ms,
            outages_ms=self.down_ms,
            link_faults_ms=self.patience_ms,
            clock_steps_ms=self.step_ms,
        )


class Nemesis:
    """Faults of messages, of services and of links, as far as the world has what is in `provided`.

    Where `runs_are_dear`, every second message fault is at a message that decides something: a statement in the
    middle of a transaction fails like any other statement of it, and what was fetched and lost is fetched again.
    """

    __slots__ = ("_messages", "_timed")

    def __init__(
        self,
        subject: Subject,
        boundaries: Sequence[Boundary],
        *,
        runs_are_dear: bool = False,
        provided: frozenset[Need] = ALL_BUT_BYTES,
    ) -> None:
        system = subject.target
        if not isinstance(system, System):
            raise TypeError(f"{subject.name} is no system: it has no services to lose")
        options = Intervals(subject.profile, system.session_timeout_ms).options
        # By receiver: the many routes of database and broker would crowd out the few calls to third parties. What a client asks
        # of services is one group, as most of it is rarely asked.
        asked = {part.role for part in system.parts}
        receivers: dict[str, list[Boundary]] = {}
        for boundary in boundaries:
            sender, receiver = boundary.route[:2]
            group = sender if sender == "client" and receiver in asked else receiver
            receivers.setdefault(group, []).append(boundary)
        everywhere = Places.of(subject, boundaries, options)
        self._messages = tuple(
            places
            for received in receivers.values()
            for places in (everywhere, Places.of(subject, received, options))
        )
        if runs_are_dear and (decisive := [b for b in boundaries if b.route.verb in _DECISIVE]):
            self._messages = (
                *self._messages,
                *[Places.of(subject, decisive, options)] * len(self._messages),
            )
        links = [(b.route.sender, b.route.receiver) for b in boundaries]
        servers = tuple(dict.fromkeys(b.route.receiver for b in boundaries if b.route.receiver in _SERVERS))
        targets = Targets.of(system, links, servers, consumed(boundaries))
        # A server's power is lost more rarely than a service's.
        self._timed = TimedFaults(replace(targets, roles=targets.roles * 2), options, provided)

    def message_fault(self, pick: int) -> Fault:
        """Decode a message fault: half of them are anywhere, half at a receiver that is drawn first."""
        pick, place = divmod(pick, len(self._messages))
        return self._messages[place].fault(pick)

    def service_or_link_fault(self, pick: int) -> Fault:
        """Decode a fault of a service or of a link; all kinds are equally likely."""
        return self._timed.fault(pick)


def _knob(profile: Profile, name: str, default: int) -> int:
    return profile.int(name) if name in profile.knobs else default
