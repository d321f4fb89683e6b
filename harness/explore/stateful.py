"""The base of every state machine: what a rule does is recorded as a step and applied to one run of one subject.

A rule draws from its strategies and its own model, never from what the subject answers, so the recorded steps
are a schedule that shows the same when executed again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import ClassVar

import hypothesis
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from harness.boundary import Boundary
from harness.explore.headroom import with_room
from harness.explore.places import Places
from harness.explore.profiles import RUNS, search_settings
from harness.explore.sink import Enough, Sink
from harness.explore.undisturbed import undisturbed
from harness.runner import Outcome, Run, assess, worth
from harness.schedule import Schedule, Step
from harness.subject import Subject
from harness.world import World


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

    def __init__(self) -> None:
        super().__init__()
        if not self.sink.wants():
            raise Enough
        self.steps: list[Step] = []
        self._outside = sys.exc_info()[1]
        self._run = self._start()

    def _start(self) -> Run:
        return Run(self.world, self.subject)

    def do(self, step: Step) -> None:
        """Record `step` and apply it."""
        self.steps.append(step)
        try:
            self._run.step(step)
        except Exception as error:  # Hypothesis must not take a fault of the harness for a finding
            self.sink.fail(self.schedule, error)
            raise

    def do_all(self, steps: Sequence[Step]) -> None:
        """As `do` for each of them, at less cost: a rule that does several things does them so."""
        self.steps += steps
        try:
            self._run.steps(steps)
        except Exception as error:  # as in `do`
            self.sink.fail(self.schedule, error)
            raise

    @property
    def schedule(self) -> Schedule:
        """The steps so far."""
        return Schedule(self.subject.name, tuple(self.steps))

    def teardown(self) -> None:
        """Finish the run, judge it and hand it over; a run that was cut short is dropped."""
        if sys.exc_info()[1] is not self._outside:
            self._run.abandon()
            return
        schedule = self.schedule
        try:
            history = self._run.finish()
            outcome = Outcome(history, tuple(assess(self.subject, history)), (), worth(history))
        except Exception as error:  # as in `do`
            self.sink.fail(schedule, error)
            raise
        self.sink.take(schedule, outcome)


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
    workload = subject.pattern.workload(subject)
    run = Run(world, subject, seed=workload.seed, trace=True)
    try:
        for step in workload.steps:
            run.step(step)
    except BaseException:
        run.abandon()
        raise
    run.finish()
    return run.boundaries


def generate(machine: type[Machine], *, seed: int, limits: settings) -> None:
    """Draw and run examples until `limits` or the sink has enough. Raises what the harness itself did wrong."""
    sink = machine.sink
    try:
        with undisturbed(), getattr(machine.world, "search", nullcontext()):
            with_room(run_state_machine_as_test, hypothesis.seed(seed)(machine), settings=limits)
    except Enough:
        return
    except Exception:  # Hypothesis may wrap the error, so the original is kept by the sink
        if sink.failure is not None:
            raise sink.failure from None
        raise


class _Idle:
    """Mixed in before a machine: nothing is run, nothing is recorded."""

    def _start(self) -> None: ...

    def do(self, step: Step) -> None: ...

    def do_all(self, steps: Sequence[Step]) -> None: ...

    def teardown(self) -> None: ...


def idle(machine: type[Machine]) -> type[Machine]:
    """The same machine with steps that do nothing: the floor a benchmark compares with."""
    return type(f"Idle{machine.__name__}", (_Idle, machine), {})
