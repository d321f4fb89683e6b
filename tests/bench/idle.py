"""Machines whose steps do nothing: the floor that real machines are compared with."""

from __future__ import annotations

from shaketable.explore.generate.machine import Machine
from shaketable.schedule import Step


class _Idle:
    """Mixed in before a machine: nothing is recorded, nothing is executed."""

    def do(self, step: Step) -> None: ...

    def teardown(self) -> None: ...


def idle(machine: type[Machine]) -> type[Machine]:
    """Return the same machine with steps that do nothing."""
    return type(f"Idle{machine.__name__}", (_Idle, machine), {})
