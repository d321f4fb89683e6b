"""The base of the machines of systems: faults of messages, of services and links, and time. Ops are added by who derives.

Hypothesis sorts rules by name: another name draws other schedules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.machine import Machine
from shaketable.explore.generate.mid_run_heal import heals_after
from shaketable.explore.generate.places import PICK
from shaketable.fault import Fault
from shaketable.history import Json
from shaketable.mapping.ops import Plays
from shaketable.schedule import Do, Heal, Inject, Wait


class SystemMachine(Machine):
    """Base of the machines of systems: derive from it and add a few coarse rules over ops.

    `waits_ms` are spans around the system's own intervals, and `ops` the names of the ops that play a role.
    """

    waits_ms: ClassVar[tuple[int, ...]]
    ops: ClassVar[Mapping[Plays, tuple[str, ...]]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.message_faults = 0
        self.service_and_link_faults = 0

    @precondition(lambda self: self.message_faults < self.fault_options.message_faults_max and self.places)
    @rule(pick=PICK)
    def message_fault(self, pick: int) -> None:
        """Inject a fault of one message, now or later."""
        self.message_faults += 1
        self.do(Inject(self.drawn_message_fault(pick)))

    @precondition(lambda self: self.service_and_link_faults < self.fault_options.service_and_link_faults_max)
    @rule(pick=PICK)
    def affect_service_or_link(self, pick: int) -> None:
        """Inject a fault of a service, a server or a link, now."""
        self.service_and_link_faults += 1
        self.do(Inject(self.drawn_timed_fault(pick)))

    @rule(pick=PICK)
    def wait(self, pick: int) -> None:
        """Let time pass, around the system's own intervals; now and then heal afterwards."""
        pick, which = divmod(pick, len(self.waits_ms))
        self.do(Wait(self.waits_ms[which]))
        if heals_after(self.steps, pick, self.fault_options):
            self.do(Heal())
            self.healed()

    def healed(self) -> None:
        """Go on after everything was healed in the middle of a run: with nothing, unless a machine knows better."""

    def drawn_message_fault(self, pick: int) -> Fault:
        """Decode one drawn number into a fault of a message."""
        return self.places.fault(pick)

    def drawn_timed_fault(self, pick: int) -> Fault:
        """Decode one drawn number into a fault of a service, a server or a link."""
        raise NotImplementedError

    def play(self, role: Plays, value: Json, pick: int = 0) -> None:
        """Do one of the ops that play `role`."""
        names = self.ops[role]
        self.do(Do(names[pick % len(names)], value))
