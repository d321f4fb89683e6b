"""The machines of described systems with roles: what their ops play, and what the patterns need besides."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis.stateful import precondition, rule

from shaketable.boundary import Boundary
from shaketable.descriptions.description import Description
from shaketable.explore.generate.drawn_faults import LEGS
from shaketable.explore.generate.places import PICK
from shaketable.fault import Hold, Partition
from shaketable.mapping.history_index import CLIENT
from shaketable.mapping.mapping import Mapping
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.black_box.machine import OPS_MAX
from shaketable_patterns.described import crowding_machine
from shaketable_patterns.described.ops_by_role import Player, players_of
from shaketable_patterns.described.role_machine import RoleMachine, following, repetitions
from shaketable_patterns.eventual_consistency.roles import Replica
from shaketable_patterns.lock.roles import GuardedRows


class StallingMachine(RoleMachine):
    """Lets what a lock's holder waits for stand still too: what is held for less than a lease takes no lock from anything."""

    @precondition(
        lambda self: (
            self.plays.first
            and len(self.done) < OPS_MAX
            and self.message_faults < self.fault_options.message_faults_max
        )
    )
    @rule(pick=PICK)
    def stall(self, pick: int) -> None:
        """Begin something, hold a message that a part sends or gets for it past a lease, and wait until that goes on."""
        routes = list(dict.fromkeys(b.route for b in self.boundaries if b.route.sender != CLIENT))
        place = len(self.steps)
        self.begin(pick)
        if not routes or len(self.steps) == place:
            return
        self.message_faults += 1
        pick, which = divmod(pick, len(routes))
        pick, leg = divmod(pick, 2)
        longest_ms = self.description.times.waits_ms[-1]
        at = str(Boundary(routes[which], 1 + pick % len(self.done)))
        self.steps.insert(place, Inject(Hold(at=at, leg=LEGS[leg], for_ms=longest_ms)))
        self.do(Wait(2 * longest_ms))


class IsolatingMachine(RoleMachine):
    """Cuts copies off too, both ways from all others: a single link between two copies makes no minority."""

    replicas: ClassVar[tuple[str, ...]]

    @precondition(
        lambda self: (
            self.plays.first
            and len(self.done) < OPS_MAX
            and self.service_and_link_faults < self.fault_options.service_and_link_faults_max
        )
    )
    @rule(pick=PICK)
    def isolate(self, pick: int) -> None:
        """Cut a copy off; write, and a while later read what was written, wherever that is possible."""
        self.service_and_link_faults += 1
        times = self.description.times
        pick, which = divmod(pick, len(self.replicas))
        alone, for_ms = self.replicas[which], 2 * times.waits_ms[-1] + times.io_timeout_ms
        for other in self.replicas:
            if other != alone:
                self.do(Inject(Partition(sender=alone, receiver=other, for_ms=for_ms)))
                self.do(Inject(Partition(sender=other, receiver=alone, for_ms=for_ms)))
        pick, later = divmod(pick, len(times.waits_ms))
        self.begin(pick)
        self.do(Wait(times.waits_ms[later]))
        self._read_everywhere(pick)

    def healed(self) -> None:
        """Read once no answer may be stale any more, too."""
        super().healed()
        self.do(Wait(max(self._calm_ms, int(self.description.knobs.get("staleness_ms", 0))) + 500))
        self._read_everywhere(0)

    def _read_everywhere(self, pick: int) -> None:
        """Read what was written last by every op that reads."""
        for player in self.plays.read if self.done else ():
            step = following(player, self.done[-1:], self.beginners[-1:], pick, self.steps)
            if step is not None:
                self.do(step)


def machine_of(description: Description, mapping: Mapping) -> type[RoleMachine]:
    """Return the machine for a described system whose ops play roles."""
    fields: dict[str, Any] = {
        "__doc__": RoleMachine.__doc__,
        "description": description,
        "waits_ms": description.times.waits_ms,
        "plays": players_of(description, mapping),
    }
    bases: tuple[type[RoleMachine], ...] = (RoleMachine,)
    if mapping.of(GuardedRows):
        bases = (StallingMachine,)
    started = {name for part in description.parts for name in part.processes}
    replicas = tuple(one.name for one in mapping.of(Replica) if one.name in started)
    if len(replicas) > 1:
        bases = (IsolatingMachine, *(base for base in bases if base is not RoleMachine))
        fields["replicas"] = replicas
    if crowds := crowding_machine.fields_of(mapping):
        bases = (crowding_machine.CrowdingMachine, *(base for base in bases if base is not RoleMachine))
        fields |= crowds
    return type("RoleMachine", bases, fields)


def workload(subject: Subject, description: Description, mapping: Mapping) -> Schedule:
    """Return every op that begins something a few times, the last one repeated, and every redrive and read once.

    What only goes wrong (poison, another request under a used key) is no part of a calm run.
    """
    plays, wait = players_of(description, mapping), Wait(description.times.waits_ms[-1])
    first = (*plays.begin, *plays.publish)
    steps: list[Step] = []
    done: list[Do] = []
    beginners: list[Player] = []
    for number in range(1, 2 * len(first) + 1):
        player = first[(number - 1) % len(first)]
        value = player.fresh(number, number, steps)
        if value is not None:
            done.append(Do(player.name, value))
            beginners.append(player)
            steps += [done[-1], wait]
    if done:
        steps += repetitions(plays, done[-1], beginners[-1], steps) or [done[-1]]
    for player in (*plays.redrive, *plays.read):
        step = following(player, done, beginners, 1, steps)
        if step is not None:
            steps += [wait, step]
    return Schedule(subject.name, tuple(steps))
