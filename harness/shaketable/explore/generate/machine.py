"""The base of every state machine: its rules record the steps of one run of one subject.

A rule draws from its strategies and its own model, never from responses of the subject. So the recorded steps are a
schedule that shows the same when executed again. It is executed when it is complete, a few at a time: if drawing
and executing took turns, each would find the processor's caches full of the other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import ClassVar

import hypothesis
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from shaketable.boundary import Boundary
from shaketable.explore.generate.fault_options import DEFAULT_FAULT_OPTIONS, FaultOptions
from shaketable.explore.generate.hypothesis_settings import RUNS, search_settings
from shaketable.explore.generate.interpreter import tuned_interpreter, with_stack_room
from shaketable.explore.generate.places import Places
from shaketable.explore.generate.policy_turns import TURNS, PolicyTurns
from shaketable.explore.generate.run_sink import NoMoreRuns, Sink
from shaketable.explore.generate.wait_trimming import trim_waits
from shaketable.orders.policy import PolicyName
from shaketable.runner import crossed, execute
from shaketable.schedule import Do, Schedule, Step
from shaketable.subject import Subject
from shaketable.world import OrderedWorld, PointWorld, World

DRAWN_MAX = 30
"""The number of schedules that are drawn before they are executed, one after the other."""


class Machine(RuleBasedStateMachine):
    """Base of state machines: derive from it and add a few coarse rules that call `self.do(step)`.

    `machine_for` sets the class attributes. `boundaries` are those of the subject's fault-free workload and `places` draws
    from them; both are empty for a subject that is one object. Override `fault_options` to draw other faults.
    """

    subject: ClassVar[Subject]
    world: ClassVar[World]
    boundaries: ClassVar[tuple[Boundary, ...]] = ()
    places: ClassVar[Places] = Places(())
    fault_options: ClassVar[FaultOptions] = DEFAULT_FAULT_OPTIONS
    sink: ClassVar[Sink]
    drawn: ClassVar[list[Schedule] | None] = None
    """Schedules still to be executed; None: each one within its example, as a test that fails must."""
    policies: ClassVar[Sequence[PolicyName | None]] = TURNS
    """The policies that have their turn where orders can be decided; None: first in, first out."""
    turns: ClassVar[PolicyTurns | None] = None
    """The policies that decide the orders of its runs; None: what is due first arrives first in all of them."""
    run_seed = 0
    """The seed of this run alone, known before its first rule; 0 where Hypothesis draws.

    What holds for the whole run and is no rule's is to be drawn from it.
    """

    def __init__(self) -> None:
        super().__init__()
        if not self.sink.wants():
            raise NoMoreRuns
        self.steps: list[Step] = []
        self._outer_error = sys.exc_info()[1]

    def do(self, step: Step) -> None:
        """Record `step`: it is applied, with all the others, after the last rule has been drawn."""
        self.steps.append(step)

    @property
    def schedule(self) -> Schedule:
        """The steps so far; where runs are dear, without redundant waits."""
        steps = trim_waits(self.steps) if self.runs_are_dear() else tuple(self.steps)
        return Schedule(self.subject.name, steps)

    @classmethod
    def runs_are_dear(cls) -> bool:
        """Tell whether a run takes seconds, so that only schedules worth a run should be drawn."""
        return cls.world.traits.runs_are_expensive

    @classmethod
    def with_points(cls, points: Sequence[str]) -> type[Machine]:
        """Return the machine that also draws faults at these fault points; itself, unless it is of components."""
        del points
        return cls

    def teardown(self) -> None:
        """Execute and judge the drawn schedule, or keep it to be executed with others.

        An example that was cut short is dropped. Where runs are dear, so is one without any op: it would prove nothing.
        """
        if sys.exc_info()[1] is not self._outer_error:
            return
        if self.runs_are_dear() and not any(isinstance(step, Do) for step in self.steps):
            return
        if self.drawn is None:
            self._execute(self.schedule)
            return
        self.drawn.append(self.schedule)
        if len(self.drawn) == DRAWN_MAX:
            self.execute_drawn()

    @classmethod
    def execute_drawn(cls) -> None:
        """Execute the schedules that were kept. Raises NoMoreRuns as soon as the sink wants no more."""
        while cls.drawn:
            if not cls.sink.wants():
                raise NoMoreRuns
            cls._execute(cls.drawn.pop(0))

    @classmethod
    def _execute(cls, schedule: Schedule) -> None:
        turns, world = cls.turns, cls.world
        if turns is not None and isinstance(world, OrderedWorld):
            schedule = turns.deal(schedule)
            if schedule.orders is not None:
                world = world.recording()
        try:
            outcome = execute(world, cls.subject, schedule)
        except Exception as error:  # Hypothesis must not take a fault of the harness for a failing example
            cls.sink.fail(schedule, error)
            raise
        if turns is not None:
            turns.learn(schedule, outcome)
        # What a run has shown is replayed by its deviations: a policy would decide otherwise once a step is left out.
        cls.sink.take(schedule.with_deviations(outcome.deviations), outcome)


def machine_for(
    subject: Subject, world: World, sink: Sink, *, boundaries: tuple[Boundary, ...] | None = None
) -> type[Machine]:
    """Return the machine of the subject's pattern, bound to this world and sink.

    Executes the fault-free workload, to find the fault points of a component, and the boundaries that are not given. Raises TypeError if the
    pattern's machine is of another kind.
    """
    base = subject.pattern.machine(subject)
    if not issubclass(base, Machine):
        raise TypeError(f"pattern {subject.pattern.name}: {base.__name__} does not derive from Machine")
    found = boundaries_of(subject, world) if boundaries is None else boundaries
    if isinstance(world, PointWorld):
        base = base.with_points(world.points(subject))
    bound = {
        "__doc__": base.__doc__,
        "subject": subject,
        "world": world,
        "boundaries": found,
        "places": Places.of(subject, found, base.fault_options),
        "sink": sink,
    }
    machine: type[Machine] = type(base.__name__, (base,), bound)
    machine.TestCase.settings = search_settings(RUNS["dev"])
    return machine


def boundaries_of(subject: Subject, world: World) -> tuple[Boundary, ...]:
    """Return the boundaries that a fault-free run of the subject's workload crosses until it is quiet, in order.

    Where a run costs next to nothing, those of routes that only its troubled workload takes follow.
    """
    calm = crossed(world, subject, subject.pattern.workload(subject))
    troubled = subject.pattern.troubled
    if troubled is None or world.traits.runs_are_expensive:
        return calm
    routes = {boundary.route for boundary in calm}
    return (*calm, *(b for b in crossed(world, subject, troubled(subject)) if b.route not in routes))


def generate(machine: type[Machine], *, seed: int, limits: settings) -> None:
    """Let Hypothesis draw examples until `limits` or the sink ends it, and execute them.

    Raises the errors of the harness itself.
    """
    draw_and_execute(
        machine,
        lambda: run_state_machine_as_test(hypothesis.seed(seed)(machine), settings=limits),
        seed=seed,
    )


def draw_and_execute(machine: type[Machine], draw: Callable[[], None], *, seed: int) -> None:
    """Execute the schedules that `draw` draws of `machine`, until it or the sink ends it; `seed` decides the policies.

    Raises the errors of the harness itself.
    """
    sink = machine.sink
    if not machine.world.traits.runs_are_expensive:  # there the sink is to receive each run at once
        machine.drawn = []
    machine.turns = PolicyTurns(seed, machine.policies) if isinstance(machine.world, OrderedWorld) else None
    try:
        with tuned_interpreter(), getattr(machine.world, "search", nullcontext()):
            with_stack_room(_execute_all, machine, draw)
    except NoMoreRuns:
        return
    except Exception:  # Hypothesis may wrap the error, so the original is kept by the sink
        if sink.failure is not None:
            raise sink.failure from None
        raise
    finally:
        machine.drawn = None


def _execute_all(machine: type[Machine], draw: Callable[[], None]) -> None:
    draw()
    machine.execute_drawn()
