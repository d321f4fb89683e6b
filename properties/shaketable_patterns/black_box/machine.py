"""The machine of black boxes: the declared ops, faults of messages, of parts, servers and links, and time."""

from __future__ import annotations

from typing import Any

from hypothesis.stateful import precondition, rule

from shaketable.descriptions.description import Description, OpText
from shaketable.explore.generate.fault_options import FaultOptions
from shaketable.explore.generate.machine import Machine
from shaketable.explore.generate.places import PICK
from shaketable.fault import Crash, Fault, Latency, Partition, Pause, Restart
from shaketable.history import Json
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject

OPS_MAX = 5
_WORKLOAD_ROUNDS = 2


class BlackBoxMachine(Machine):
    """The declared ops and all faults. A run on real servers takes about a second, so each has few steps."""

    description: Description
    fault_options = FaultOptions(message_faults_max=2, service_and_link_faults_max=1)

    def __init__(self) -> None:
        super().__init__()
        self.done: list[Do] = []
        self.message_faults = 0
        self.service_and_link_faults = 0

    @precondition(lambda self: len(self.done) < OPS_MAX)
    @rule(pick=PICK)
    def op(self, pick: int) -> None:
        """Do something new, as a client."""
        ops = self.description.ops
        pick, which = divmod(pick, len(ops))
        self.done.append(Do(ops[which].name, value_of(ops[which], len(self.done) + 1, pick)))
        self.do(self.done[-1])

    @precondition(lambda self: self.done)
    @rule(pick=PICK)
    def again(self, pick: int) -> None:
        """Repeat an op."""
        self.do(self.done[pick % len(self.done)])

    @precondition(lambda self: self.message_faults < self.fault_options.message_faults_max and self.places)
    @rule(pick=PICK)
    def message_fault(self, pick: int) -> None:
        """Inject a fault of one message, now or later."""
        self.message_faults += 1
        self.do(Inject(self.places.fault(pick)))

    @precondition(lambda self: self.service_and_link_faults < self.fault_options.service_and_link_faults_max)
    @rule(pick=PICK)
    def affect_service_or_link(self, pick: int) -> None:
        """Inject a fault of a part, a server or a link, now."""
        self.service_and_link_faults += 1
        self.do(Inject(service_or_link_fault(self.description, pick)))

    @rule(pick=PICK)
    def wait(self, pick: int) -> None:
        """Let time pass, around the system's own intervals."""
        waits_ms = self.description.times.waits_ms
        self.do(Wait(waits_ms[pick % len(waits_ms)]))


def machine_of(description: Description) -> type[BlackBoxMachine]:
    """Return the machine for the system that `description` describes."""
    fields: dict[str, Any] = {"__doc__": BlackBoxMachine.__doc__, "description": description}
    return type("BlackBoxMachine", (BlackBoxMachine,), fields)


def service_or_link_fault(description: Description, pick: int) -> Fault:
    """Decode a fault of a part, a server or a link; kinds are equally likely.

    A black box reads no clock of ours, so no clock is stepped.
    """
    parts = [part.name for part in description.parts]
    servers = list(dict.fromkeys(k.receiver for k in description.links if k.receiver not in parts))
    times = description.times
    pick, kind = divmod(pick, 6)
    pick, size = divmod(pick, 60)
    part = parts[pick % len(parts)]
    link = description.links[pick % len(description.links)]
    down_ms = times.down_ms[size % len(times.down_ms)]
    match kind:
        case 0:
            return Crash(service=part, down_ms=down_ms)
        case 1:
            return Restart(service=part, down_ms=down_ms)
        case 2:
            return Pause(service=part, for_ms=down_ms)
        case 3 if servers:
            return Crash(service=servers[pick % len(servers)], down_ms=down_ms)
        case 4:
            return Latency(
                sender=link.sender, receiver=link.receiver, for_ms=times.waits_ms[-1], delay_ms=100
            )
    return Partition(sender=link.sender, receiver=link.receiver, for_ms=times.io_timeout_ms + down_ms)


def value_of(op: OpText, number: int, pick: int) -> dict[str, Json]:
    """Return the value of the run's `number`-th op."""
    value: dict[str, Json] = {}
    for name, field in op.fields.items():
        if field.id:
            value[name] = f"{field.id}{number}"
        else:
            pick, which = divmod(pick, len(field.one_of))
            value[name] = field.one_of[which]
    return value


def workload(subject: Subject, description: Description) -> Schedule:
    """Return every op a few times, the last one repeated."""
    steps: list[Step] = []
    for number in range(1, _WORKLOAD_ROUNDS * len(description.ops) + 1):
        op = description.ops[(number - 1) % len(description.ops)]
        steps += [Do(op.name, value_of(op, number, number)), Wait(description.times.waits_ms[-1])]
    return Schedule(subject.name, (*steps, steps[-2]))
