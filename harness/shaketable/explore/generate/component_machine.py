"""The base of the machines of components: calls in flight together, and the odd things that some runs are full of.

Hypothesis sorts rules by name: another name draws other schedules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from hypothesis.stateful import initialize

from shaketable.explore.generate.clock_step_rules import ClockStepRules
from shaketable.explore.generate.component_calls import ComponentCalls, Shares
from shaketable.explore.generate.machine import Machine
from shaketable.explore.generate.odd_ending_rules import OddEndingRules
from shaketable.explore.generate.places import PICK
from shaketable.explore.generate.point_fault_rules import PointFaultRules
from shaketable.explore.generate.switch_point_rules import SwitchPointRules
from shaketable.explore.generate.turn_rules import TurnRules
from shaketable.faults.points import POINT_FAULT_TYPES, AnyPointFault
from shaketable.orders.policy import PolicyName

_CALM: tuple[PolicyName | None, ...] = (None,) * 3
_POLICIES: tuple[PolicyName, ...] = ("pos", "random-walk", "surw", "pct", "mutating")
POLICY_TURNS: tuple[PolicyName | None, ...] = tuple(turn for name in _POLICIES for turn in (*_CALM, name))
"""One run in four: rules of its own draw races too, and where calls overlap, less is known of what they had to be told."""


class ShareRule(ComponentCalls):
    """The rule before all others: one number decides what the run is full of."""

    @initialize(pick=PICK)
    def shares(self, pick: int) -> None:
        """Decide what this run is full of."""
        self.decide(Shares(pick))


class ComponentMachine(ComponentCalls):
    """Base of the machines of components: derive from it and add a few coarse rules over these calls.

    `points` are the fault points that the subject's fault-free workload reaches; if there are some, rules are added that
    draw faults at them. A kind whose checkers cannot judge some of these faults leaves them out of `point_faults`. What
    else is added is asked for by the class variables. Most runs have little of it, and some a lot.
    """

    policies = POLICY_TURNS
    points: ClassVar[tuple[str, ...]] = ()
    point_faults: ClassVar[tuple[type[AnyPointFault], ...]] = POINT_FAULT_TYPES
    steps_clock: ClassVar[bool] = False
    """True if the wall clock is set now and then: for components that may read it, and checkers that know of it."""
    takes_turns: ClassVar[bool] = False
    """True if calls begin and end in one turn, in any order within it, and its checkers know of that."""
    odd_endings: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """For each ending those that may stand for it (see `shaketable.components.calls.odd_endings`); the interface must have them."""

    @classmethod
    def with_points(cls, points: Sequence[str]) -> type[Machine]:
        """See `Machine.with_points`."""
        machine = cls._with_rules()
        if not points or not cls.point_faults:
            return machine
        named = {
            "__doc__": cls.__doc__,
            "points": tuple(dict.fromkeys(points)),
            "point_faults": cls.point_faults,
        }
        return type(cls.__name__, (PointFaultRules, machine), named)

    @classmethod
    def _with_rules(cls) -> type[Machine]:
        """Return the machine with the rules that it asks for."""
        rules: list[type[Machine]] = []
        if cls.odd_endings:
            rules.append(OddEndingRules)
        if cls.steps_clock:
            rules.append(ClockStepRules)
        if cls.on_threads:
            rules.append(SwitchPointRules)
        if cls.takes_turns:
            rules.append(TurnRules)
        named = {"__doc__": cls.__doc__, "odd_endings": cls.odd_endings}
        if rules or cls.decide is not ComponentCalls.decide:
            rules.append(ShareRule)
        return type(cls.__name__, (*rules, cls), named) if rules else cls
