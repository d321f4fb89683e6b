"""The machine of a registry: instances that are lost, cut off, late or moved, registries that are away, and questions all along."""

from __future__ import annotations

from hypothesis.stateful import initialize, precondition, rule

from shaketable.explore.generate.places import PICK
from shaketable.fault import ClockStep, Crash
from shaketable.schedule import Do, Heal, Inject, Wait
from shaketable.subject import Subject
from shaketable_patterns.discovery.values import cut_off, look, settled_ms, slow, watch
from shaketable_patterns.order_system.machines.nemesis_machine import (
    NemesisMachine,
    intervals_of,
    with_fields,
)
from shaketable_patterns.service_registry.bounds import Bounds
from shaketable_targets.discovery.settings import DESKS, MEMBERS, REGISTRIES

_EPISODES_MAX = 3
"""Each takes minutes of the schedule's time, and a run needs no more of them to show a mistake."""


class DiscoveryMachine(NemesisMachine):
    """Few episodes, each of one instance, desk or registry, among which messages fail at random."""

    reached_max = 3
    bounds: Bounds

    def __init__(self) -> None:
        super().__init__()
        self.episodes = 0

    @initialize(pick=PICK)
    def settle(self, pick: int) -> None:
        """Let all register before anything fails, in most runs."""
        if pick % 4:
            self.do(Wait(settled_ms(self.bounds)))

    @precondition(lambda self: self.episodes < _EPISODES_MAX)
    @rule(pick=PICK)
    def lose_heartbeat(self, pick: int) -> None:
        """Cut an instance off from every registry for as long as one heartbeat takes, and watch."""
        self.episodes += 1
        member, _ = _one(MEMBERS, pick)
        for step in cut_off(member, REGISTRIES, self.bounds.one_heartbeat_ms - 100):
            self.do(step)
        self.watch(3 * self.bounds.heartbeat_ms)

    @precondition(lambda self: self.episodes < _EPISODES_MAX)
    @rule(pick=PICK)
    def lose_instance(self, pick: int) -> None:
        """Cut an instance's power, for longer than its lease or for a moment, and watch; it comes back elsewhere."""
        self.episodes += 1
        member, pick = _one(MEMBERS, pick)
        gone_ms = self.bounds.gone_ms(is_direct=False, is_twice=self.bounds.is_twice)
        if pick % 2:
            if pick // 2 % 3 == 0:
                for registry in REGISTRIES:
                    self.do(self.stepped(registry, -1))
            gone_ms += 2 * self.bounds.shown_ms(is_direct=False)
            self.do(Inject(Crash(service=member, down_ms=gone_ms)))
            self.watch(gone_ms)
        else:
            if pick % 3:
                self.do(self.stepped(member, -1))
            self.do(Inject(Crash(service=member, down_ms=1_000)))
        self.calm()

    @precondition(lambda self: self.episodes < _EPISODES_MAX)
    @rule(pick=PICK)
    def cut_instance_off(self, pick: int) -> None:
        """Cut one instance or all of them off for longer than a lease; they come back by themselves."""
        self.episodes += 1
        member, pick = _one(MEMBERS, pick)
        gone_ms = self.bounds.gone_ms(is_direct=False, is_twice=self.bounds.is_twice)
        for one in MEMBERS if pick % 2 else (member,):
            for step in cut_off(one, REGISTRIES, gone_ms):
                self.do(step)
        self.watch(gone_ms)
        self.calm()

    @precondition(lambda self: self.episodes < _EPISODES_MAX)
    @rule(pick=PICK)
    def take_leave(self, pick: int) -> None:
        """Let an instance take leave, now and then while a heartbeat or a registration of it is on its way; perhaps it comes back."""
        self.episodes += 1
        member, pick = _one(MEMBERS, pick)
        pick, how = divmod(pick, 3)
        beat_ms = self.bounds.heartbeat_ms
        if how == 1:
            for step in slow(member, REGISTRIES, beat_ms, beat_ms):
                self.do(step)
            self.do(Wait(beat_ms + 10))
        elif how == 2:
            one, _ = _one(REGISTRIES, pick)
            for step in slow(member, (one,), beat_ms, 1_000):
                self.do(step)
            self.do(Do("join", {"at": member}))
            self.do(Wait(3 * self.bounds.timeout_ms))
        self.do(Do("leave", {"at": member}))
        self.watch(3 * self.bounds.shown_ms(is_direct=False))
        self.do_all_look()
        if pick % 2:
            self.do(Do("join", {"at": member}))
            self.calm()

    @precondition(lambda self: self.episodes < _EPISODES_MAX)
    @rule(pick=PICK)
    def lose_registries(self, pick: int) -> None:
        """Cut the power of one registry or of both, and watch; mostly they come back while all instances live."""
        self.episodes += 1
        one, pick = _one(REGISTRIES, pick)
        downs_ms = (1_000, self.bounds.heartbeat_ms, self.bounds.lease_ms)
        pick, down = divmod(pick, len(downs_ms))
        self.do_all_look()
        self.do(Wait(100))
        for registry in REGISTRIES if pick % 2 else (one,):
            self.do(Inject(Crash(service=registry, down_ms=downs_ms[down])))
        self.watch(downs_ms[down] + self.bounds.warm_up_ms)
        self.calm()

    @precondition(lambda self: self.episodes < _EPISODES_MAX)
    @rule(pick=PICK)
    def cut_desk_off(self, pick: int) -> None:
        """Cut a desk off from every registry for longer than a fetch, and watch; perhaps an instance moves meanwhile."""
        self.episodes += 1
        desk, pick = _one(DESKS, pick)
        member, pick = _one(MEMBERS, pick)
        for step in cut_off(desk, REGISTRIES, 3 * self.bounds.fetch_ms):
            self.do(step)
        self.do(Wait(2_000))
        self.do_all_look()
        if pick % 2:
            self.do(Inject(Crash(service=member, down_ms=1_000)))
        self.watch(3 * self.bounds.fetch_ms)
        self.calm()

    @precondition(lambda self: self.service_and_link_faults < self.fault_options.service_and_link_faults_max)
    @rule(pick=PICK)
    def step_clock(self, pick: int) -> None:
        """Step a wall clock by more than a lease."""
        self.service_and_link_faults += 1
        process, pick = _one((*REGISTRIES, *MEMBERS), pick)
        self.do(self.stepped(process, 1 if pick % 2 else -1))
        self.watch(self.bounds.sweep_ms + 2 * self.bounds.heartbeat_ms)

    @rule(pick=PICK)
    def ask(self, pick: int) -> None:
        """Ask the desks, now and then the registries too."""
        for step in look(directly=pick % 2 == 0):
            self.do(step)
        self.do(Wait(100))

    def stepped(self, process: str, sign: int) -> Inject:
        """Return a step of a wall clock that no lease outlasts."""
        return Inject(ClockStep(service=process, delta_ms=sign * 10 * self.bounds.lease_ms))

    def calm(self) -> None:
        """Heal, wait until all must be listed, and ask."""
        self.do(Heal())
        self.do(Wait(settled_ms(self.bounds)))
        self.do_all_look()

    def watch(self, for_ms: int) -> None:
        for step in watch(for_ms, self.bounds.heartbeat_ms // 2):
            self.do(step)

    def do_all_look(self) -> None:
        for step in look():
            self.do(step)
        self.do(Wait(100))


def _one(names: tuple[str, ...], pick: int) -> tuple[str, int]:
    """Return a name, and what is left of the drawn number."""
    pick, which = divmod(pick, len(names))
    return names[which], pick


def machine_of(subject: Subject) -> type[DiscoveryMachine]:
    """Return the machine for a registry and its services. TypeError for a component, UsageError for a profile that cannot be judged."""
    bounds = Bounds(subject.profile)
    waits_ms = (20, bounds.timeout_ms, bounds.heartbeat_ms // 2, bounds.heartbeat_ms, bounds.fetch_ms)
    return with_fields(DiscoveryMachine, intervals=intervals_of(subject), waits_ms=waits_ms, bounds=bounds)
