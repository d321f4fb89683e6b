"""The nemesis of an order system: faults decoded from one drawn number, timed around the system's own intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from shaketable.boundary import Boundary
from shaketable.explore.generate.fault_options import DEFAULT_FAULT_OPTIONS, FaultOptions
from shaketable.explore.generate.places import Places
from shaketable.fault import ClockStep, Crash, Fault, Latency, Partition, Pause, Restart
from shaketable.profile import Profile
from shaketable.subject import Subject, System

T = TypeVar("T")
_LEASES = ("fenced-lock", "lock-at-most-for")
"""Relays that hold a lock for a while, which then has to be waited for."""
_DECISIVE = frozenset({"COMMIT", "PRODUCE", "OFFSET_COMMIT", "POST"})


class Intervals:
    """A subject's intervals, and durations just below and beyond them."""

    __slots__ = ("charged_ms", "down_ms", "holds_ms", "patience_ms", "step_ms", "wait_ms")

    def __init__(self, profile: Profile, session_timeout_ms: int) -> None:
        poll_ms = _knob(profile, "poll_interval_ms", 1_000)
        lock_ms = _knob(profile, "lock_at_most_for_ms", 10_000)
        lease_ms = _knob(profile, "key_lease_ms", 1_000)
        attempts = _knob(profile, "attempts_max", 5)
        timeout_ms = _knob(profile, "provider_timeout_ms", 2_000)
        pauses_ms = attempts * _knob(profile, "retry_backoff_ms_max", 2_000)
        longest_ms = lock_ms + poll_ms if profile.knobs.get("relay") in _LEASES else 2 * poll_ms
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
        self.charged_ms = poll_ms + 200
        """After this long a new order has been charged and its items have not been reserved."""
        self.step_ms = (-lock_ms, lease_ms + 200, lock_ms + 1_000)


class Nemesis:
    """Faults of messages, of services and of links.

    A fault of every replica of a role means the same in every world, so crashes, restarts and link faults name
    roles. A pause or a stepped clock shows by the difference between replicas, so it names one of them.

    Where `runs_are_dear`, every second message fault is at a message that decides something: a statement in the
    middle of a transaction fails like any other statement of it, and what was fetched and lost is fetched again.
    """

    __slots__ = ("_intervals", "_links", "_messages", "_processes", "_roles")

    def __init__(
        self, subject: Subject, boundaries: Sequence[Boundary], *, runs_are_dear: bool = False
    ) -> None:
        system = subject.target
        if not isinstance(system, System):
            raise TypeError(f"{subject.name} is no system: it has no services to lose")
        self._intervals = Intervals(subject.profile, system.session_timeout_ms)
        self._processes = tuple(part.name for part in system.parts)
        self._roles = tuple(dict.fromkeys(part.role for part in system.parts))
        # By receiver: the many routes of database and broker would crowd out the few calls to third parties.
        receivers: dict[str, list[Boundary]] = {}
        for boundary in boundaries:
            receivers.setdefault(boundary.route.receiver, []).append(boundary)
        options = FaultOptions(holds_ms=self._intervals.holds_ms)
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
        self._links = tuple(dict.fromkeys((b.route.sender, b.route.receiver) for b in boundaries))

    def message_fault(self, pick: int) -> Fault:
        """Decode a message fault: half of them are anywhere, half at a receiver that is drawn first."""
        pick, place = divmod(pick, len(self._messages))
        return self._messages[place].fault(pick)

    def service_or_link_fault(self, pick: int) -> Fault:
        """Decode a fault of a service or of a link; all kinds are equally likely."""
        pick, kind = divmod(pick, 6)
        pick, size = divmod(pick, 60)
        process, role = _at(self._processes, pick), _at(self._roles, pick)
        down_ms = _at(self._intervals.down_ms, size)
        match kind:
            case 0:
                return Crash(service=role, down_ms=down_ms)
            case 1:
                return Pause(service=process, for_ms=down_ms)
            case 2:
                return Restart(service=role, down_ms=down_ms)
            case 3:
                return ClockStep(service=process, delta_ms=_at(self._intervals.step_ms, size))
        sender, receiver = _at(self._links, pick) if self._links else (role, role)
        for_ms = _at(self._intervals.patience_ms, size)
        if kind == 4:
            return Partition(sender=sender, receiver=receiver, for_ms=for_ms)
        return Latency(sender=sender, receiver=receiver, for_ms=for_ms, delay_ms=(100, 1_200)[size % 2])


def _at(values: tuple[T, ...], place: int) -> T:
    return values[place % len(values)]


def _knob(profile: Profile, name: str, default: int) -> int:
    return profile.int(name) if name in profile.knobs else default
