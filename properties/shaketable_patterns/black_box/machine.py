"""The machine of black boxes: the declared ops, faults of messages, of parts, servers and links, and time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis.stateful import precondition, rule

from shaketable.descriptions.client_uuid import uuid_of
from shaketable.descriptions.description import Description, OpText
from shaketable.explore.generate.drawn_faults import Targets, TimedFaults
from shaketable.explore.generate.fault_options import FaultOptions
from shaketable.explore.generate.places import PICK
from shaketable.explore.generate.system_machine import SystemMachine
from shaketable.fault import Fault, Need
from shaketable.history import Json
from shaketable.mapping.answer_reference import AnswerReference
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable.world_traits import ALL_BUT_BYTES

OPS_MAX = 5
_WORKLOAD_ROUNDS = 2


class BlackBoxMachine(SystemMachine):
    """The declared ops and all faults. A run on real servers takes about a second, so each has few steps."""

    description: Description
    fault_options = FaultOptions(message_faults_max=2, service_and_link_faults_max=1)

    def __init__(self) -> None:
        super().__init__()
        self.done: list[Do] = []

    @precondition(lambda self: len(self.done) < OPS_MAX)
    @rule(pick=PICK)
    def op(self, pick: int) -> None:
        """Do something new, as a client."""
        ops = self.description.ops
        pick, which = divmod(pick, len(ops))
        self.done.append(Do(ops[which].name, value_of(ops[which], len(self.done) + 1, pick, self.steps)))
        self.do(self.done[-1])

    @precondition(lambda self: self.done)
    @rule(pick=PICK)
    def again(self, pick: int) -> None:
        """Repeat an op."""
        self.do(self.done[pick % len(self.done)])

    def drawn_timed_fault(self, pick: int) -> Fault:
        return timed_faults(self.description, self.world.traits.provides).fault(pick)


def machine_of(description: Description) -> type[BlackBoxMachine]:
    """Return the machine for the system that `description` describes."""
    fields: dict[str, Any] = {
        "__doc__": BlackBoxMachine.__doc__,
        "description": description,
        "waits_ms": description.times.waits_ms,
    }
    return type("BlackBoxMachine", (BlackBoxMachine,), fields)


def timed_faults(description: Description, provided: frozenset[Need] = ALL_BUT_BYTES) -> TimedFaults:
    """Return the faults of parts, servers and links that can be drawn; servers lose power too.

    A black box reads no clock of ours, so no clock is stepped.
    """
    parts = tuple(part.name for part in description.parts)
    servers = dict.fromkeys(link.receiver for link in description.links if link.receiver not in parts)
    times = description.times
    targets = Targets(
        roles=parts,
        processes=tuple(name for part in description.parts for name in part.processes),
        clocked=(),
        links=tuple((link.sender, link.receiver) for link in description.links),
        caches=tuple({k.receiver: None for k in description.links if k.protocol == "redis"}),
        servers=tuple(servers),
        expiring=tuple(
            {k.receiver: None for k in description.links if k.protocol == "kafka"}
            if any(topic.expires for topic in description.topics)
            else ()
        ),
    )
    options = FaultOptions(
        outages_ms=times.down_ms,
        link_faults_ms=(*(times.io_timeout_ms + ms for ms in times.down_ms), times.waits_ms[-1]),
        delays_ms=(100,),
    )
    replicas = {part.name: part.processes for part in description.parts}
    return TimedFaults(targets.one_by_one(replicas), options, provided)


def value_of(op: OpText, number: int, pick: int, steps: Sequence[Step] = ()) -> dict[str, Json]:
    """Return the value of the run's `number`-th op, after `steps`: the answers to earlier ops may be named in it."""
    value: dict[str, Json] = {}
    for name, field in op.fields.items():
        if field.id:
            value[name] = f"{field.id}{number}"
        elif field.kind == "uuid":
            value[name] = uuid_of(name, number)
        elif field.kind == "integer":
            value[name] = number
        elif field.op:
            earlier = max(1, sum(isinstance(step, Do) and step.f == field.op for step in steps))
            pick, back = divmod(pick, earlier)
            value[name] = str(AnswerReference(field.op, earlier - back, field.answer))
        else:
            pick, which = divmod(pick, len(field.one_of))
            value[name] = field.one_of[which]
    return value


def workload(subject: Subject, description: Description) -> Schedule:
    """Return every op a few times, the last one repeated."""
    steps: list[Step] = []
    for number in range(1, _WORKLOAD_ROUNDS * len(description.ops) + 1):
        op = description.ops[(number - 1) % len(description.ops)]
        steps += [Do(op.name, value_of(op, number, number, steps)), Wait(description.times.waits_ms[-1])]
    return Schedule(subject.name, (*steps, steps[-2]))
