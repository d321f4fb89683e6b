"""The machine of described systems with roles: ops are drawn by what they play."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis.stateful import precondition, rule

from shaketable.descriptions.description import Description, OpText
from shaketable.explore.generate.places import PICK
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.ops import OpRole
from shaketable.schedule import Do, Heal, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.black_box.machine import BlackBoxMachine, value_of

_AFTERWARDS_MAX = 2
_MISUSES_FROM = 90
"""What another request under a used key asks for is new, so that it is about nothing that was asked for before."""


class RoleMachine(BlackBoxMachine):
    """New things, repetitions, keys used for something else, redrives, and what the base of black boxes does."""

    plays: ClassVar[dict[str, tuple[OpText, ...]]]
    keys: ClassVar[dict[str, tuple[str, ...]]]

    def __init__(self) -> None:
        super().__init__()
        self.afterwards = 0
        self.misuses = 0

    def begin(self, pick: int) -> None:
        """Do something new, as a client: ops that only repeat, misuse or redrive do not begin anything."""
        ops = self.plays["begin"]
        pick, which = divmod(pick, len(ops))
        self.done.append(Do(ops[which].name, value_of(ops[which], len(self.done) + 1, pick, self.steps)))
        self.do(self.done[-1])

    @precondition(lambda self: len(self.done) < 5)
    @rule(pick=PICK)
    def op(self, pick: int) -> None:
        """Do something new, as a client."""
        self.begin(pick)

    @precondition(lambda self: self.done and self.keys)
    @rule(pick=PICK)
    def misuse(self, pick: int) -> None:
        """Use a key again for another request."""
        pick, which = divmod(pick, len(self.done))
        old = self.done[which]
        fields = self.keys.get(old.f)
        if not fields or not isinstance(old.value, dict):
            return
        op = next(one for one in self.description.ops if one.name == old.f)
        self.misuses += 1
        fresh = value_of(op, _MISUSES_FROM + self.misuses, pick, self.steps)
        self.do(Do(old.f, fresh | {name: old.value[name] for name in fields}))

    @precondition(lambda self: self.plays["redrive"] and self.afterwards < _AFTERWARDS_MAX)
    @rule(pick=PICK)
    def redrive(self, pick: int) -> None:
        """Heal everything, let time pass and redrive; a redrive in the middle of a fault is drawn too."""
        self.afterwards += 1
        pick, calm = divmod(pick, 2)
        if calm:
            self.do(Heal())
            self.do(Wait(self.description.times.waits_ms[-1]))
        ops = self.plays["redrive"]
        self.do(Do(ops[pick % len(ops)].name, value_of(ops[pick % len(ops)], 1, pick, self.steps)))


def machine_of(description: Description, mapping: Mapping) -> type[RoleMachine]:
    """Return the machine for a described system whose ops play roles."""
    fields: dict[str, Any] = {
        "__doc__": RoleMachine.__doc__,
        "description": description,
        "waits_ms": description.times.waits_ms,
        "plays": _plays(description, mapping),
        "keys": _keys(mapping),
    }
    return type("RoleMachine", (RoleMachine,), fields)


def workload(subject: Subject, description: Description, mapping: Mapping) -> Schedule:
    """Return every op that begins something a few times, the last one repeated, and every redrive once."""
    plays = _plays(description, mapping)
    steps: list[Step] = []
    for number in range(1, 2 * len(plays["begin"]) + 1):
        op = plays["begin"][(number - 1) % len(plays["begin"])]
        steps += [Do(op.name, value_of(op, number, number, steps)), Wait(description.times.waits_ms[-1])]
    steps.append(steps[-2])
    for op in plays["redrive"]:
        steps += [Wait(description.times.waits_ms[-1]), Do(op.name, value_of(op, 1, 1, steps))]
    return Schedule(subject.name, tuple(steps))


def _plays(description: Description, mapping: Mapping) -> dict[str, tuple[OpText, ...]]:
    redrives = {role.op for role in mapping.of(OpRole) if role.plays == "redrive"}
    others = {role.op for role in mapping.of(OpRole) if role.plays in ("repeat", "other-payload")}
    return {
        "begin": tuple(op for op in description.ops if op.name not in redrives | others),
        "redrive": tuple(op for op in description.ops if op.name in redrives),
    }


def _keys(mapping: Mapping) -> dict[str, tuple[str, ...]]:
    """Return the fields of each op that make its idempotency key."""
    found: dict[str, tuple[str, ...]] = {}
    for role in mapping.of(OpRole):
        fields = tuple(
            word.partition(".")[2]
            for word in role.key.replace("{", " ").replace("}", " ").split()
            if "." in word
        )
        if role.key and fields:
            found[role.op] = fields
    return found
