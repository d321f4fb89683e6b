"""The base of every state machine: what a rule does is recorded as a step of one run of one subject.

A rule draws from its strategies and its own model, never from what the subject answers. So the recorded steps are a
schedule that shows the same when executed again, and it is executed when it is complete, a few at a time: drawing
and running by turns, each would find the processor's caches full of the other.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import ClassVar

import hypothesis
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from shaketable.boundary import Boundary
from shaketable.explore.generate.headroom import with_room
from shaketable.explore.generate.places import Places
from shaketable.explore.generate.profiles import RUNS, search_settings
from shaketable.explore.generate.sink import Enough, Sink
from shaketable.explore.generate.trim import brisk
from shaketable.explore.generate.undisturbed import undisturbed
from shaketable.runner import crossed, execute
from shaketable.schedule import Do, Schedule, Step
from shaketable.subject import Subject
from shaketable.world import World

TOGETHER = 30
"""How many schedules are drawn before they are executed, one after the other: see above."""


class Machine(RuleBasedStateMachine):
    """Derive from it, add few coarse rules that call `self.do(step)`. `machine_for` fills in the class attributes.

    `catalogue` lists the boundaries of the subject's fault-free workload, `places` draws from them; both are
    empty for a subject that is one object.
    """

    subject: ClassVar[Subject]
    world: ClassVar[World]
    catalogue: ClassVar[tuple[Boundary, ...]] = ()
    places: ClassVar[Places] = Places(())
    sink: ClassVar[Sink]
    drawn: ClassVar[list[Schedule] | None] = None
    """Schedules to execute together; None: each one within its example, as a test that fails must."""

    def __init__(self) -> None:
        super().__init__()
        if not self.sink.wants():
            raise Enough
        self.steps: list[Step] = []
        self._outside = sys.exc_info()[1]

    def do(self, step: Step) -> None:
        """Record `step`: it is applied, with all the others, when the last rule has been drawn."""
        self.steps.append(step)

    @property
    def schedule(self) -> Schedule:
        """The steps so far; where runs are dear without the waits that nothing depends on."""
        steps = brisk(self.steps) if self.runs_are_dear() else tuple(self.steps)
        return Schedule(self.subject.name, steps)

    @classmethod
    def runs_are_dear(cls) -> bool:
        """Whether a run takes seconds, so that what is drawn should be worth one."""
        return cls.world.traits.runs_are_expensive

    def teardown(self) -> None:
        """Execute and judge what was drawn, or keep it for later; an example that was cut short is dropped.

        So is, where runs are dear, one in which nobody asks for anything: it would prove nothing.
        """
        if sys.exc_info()[1] is not self._outside:
            return
        if self.runs_are_dear() and not any(isinstance(step, Do) for step in self.steps):
            return
        if self.drawn is None:
            self._execute(self.schedule)
            return
        self.drawn.append(self.schedule)
        if len(self.drawn) == TOGETHER:
            self.execute_drawn()

    @classmethod
    def execute_drawn(cls) -> None:
        """Execute what is still waiting, as long as the sink wants it."""
        while cls.drawn:
            if not cls.sink.wants():
                raise Enough
            cls._execute(cls.drawn.pop(0))

    @classmethod
    def _execute(cls, schedule: Schedule) -> None:
        try:
            outcome = execute(cls.world, cls.subject, schedule)
        except Exception as error:  # Hypothesis must not take a fault of the harness for a finding
            cls.sink.fail(schedule, error)
            raise
        cls.sink.take(schedule, outcome)


def machine_for(
    subject: Subject, world: World, sink: Sink, *, catalogue: tuple[Boundary, ...] | None = None
) -> type[Machine]:
    """The machine of the subject's pattern, bound to this world and sink.

    Executes the fault-free workload once, unless its boundaries are given as `catalogue`.
    """
    base = subject.pattern.machine(subject)
    if not issubclass(base, Machine):
        raise TypeError(f"pattern {subject.pattern.name}: {base.__name__} does not derive from Machine")
    found = boundaries_of(subject, world) if catalogue is None else catalogue
    bound = {
        "__doc__": base.__doc__,
        "subject": subject,
        "world": world,
        "catalogue": found,
        "places": Places.of(subject, found),
        "sink": sink,
    }
    machine: type[Machine] = type(base.__name__, (base,), bound)
    machine.TestCase.settings = search_settings(RUNS["dev"])
    return machine


def boundaries_of(subject: Subject, world: World) -> tuple[Boundary, ...]:
    """What a fault-free run of the subject's workload crosses until it is quiet, in order."""
    return crossed(world, subject, subject.pattern.workload(subject))


def generate(machine: type[Machine], *, seed: int, limits: settings) -> None:
    """Draw and run examples until `limits` or the sink has enough. Raises what the harness itself did wrong."""
    sink = machine.sink
    if not machine.world.traits.runs_are_expensive:  # there a run takes long: it is told at once
        machine.drawn = []
    try:
        with undisturbed(), getattr(machine.world, "search", nullcontext()):
            with_room(_draw_and_run, hypothesis.seed(seed)(machine), limits)
    except Enough:
        return
    except Exception:  # Hypothesis may wrap the error, so the original is kept by the sink
        if sink.failure is not None:
            raise sink.failure from None
        raise
    finally:
        machine.drawn = None


def _draw_and_run(machine: type[Machine], limits: settings) -> None:
    run_state_machine_as_test(machine, settings=limits)
    machine.execute_drawn()


class _Idle:
    """Mixed in before a machine: nothing is recorded, nothing is run."""

    def do(self, step: Step) -> None: ...

    def teardown(self) -> None: ...


def idle(machine: type[Machine]) -> type[Machine]:
    """The same machine with steps that do nothing: the floor a benchmark compares with."""
    return type(f"Idle{machine.__name__}", (_Idle, machine), {})
