"""A worker's tasks: it does a job of its own, or its part in a shared search, whose runs the coordinator adds up.

In a shared search each worker has real servers of its own. See `harness/shaketable/explore/pool/coordinator.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from shaketable.explore.budget import Meter
from shaketable.explore.certify import certify_subject
from shaketable.explore.generate.run_sink import CountingSink
from shaketable.explore.judge.contradictions import Key
from shaketable.explore.judge.evidence import Evidence, Found
from shaketable.explore.mutation import hunt
from shaketable.explore.pool.jobs import (
    Answer,
    Certified,
    Certify,
    Explore,
    Explored,
    Final,
    Hunt,
    Hunted,
    Job,
    Opened,
    Ran,
    Shorten,
    Shortened,
    SoFar,
    Underway,
)
from shaketable.explore.pool.pipes import Pipes
from shaketable.explore.progress import Progress
from shaketable.explore.run_source import shrinker_for, survey
from shaketable.explore.search import search
from shaketable.history import History
from shaketable.runner import Outcome
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world import World

_REPORT_EVERY_S = 0.1
_Send = Callable[[Answer], None]


def do(job: Job, pipes: Pipes) -> Final:
    """Do `job` and return the answer that ends it; at once when `pipes` are told to stop.

    UsageError when its subject or world cannot be loaded.
    """
    subject = job.loader.load_subject(job.subject)
    world = job.loader.load_world(subject)
    pipes.keep(world)
    match job:
        case Certify():
            return _certify(job, subject, world, pipes)
        case Hunt():
            stop, progress = pipes.must_stop, _PassingOn(pipes)
            killed = hunt(subject, world, runs_max=job.runs_max, seed=job.seed, stop=stop, progress=progress)
            return Hunted(killed, pipes.stopped and not killed.runs_to_kill)
        case Explore():
            return _explore(job, subject, world, pipes)
        case Shorten():
            return _shorten(job, subject, world, pipes)


def _certify(job: Certify, subject: Subject, world: World, pipes: Pipes) -> Certified:
    examined = certify_subject(
        subject,
        world,
        job.budget,
        job.seed,
        now_s=time.perf_counter,
        progress=_PassingOn(pipes),
        stop=pipes.must_stop,
        rehearsal=job.loader.load_rehearsal(subject),
        patient=job.loader.load_patient(subject),
        so_far=lambda examined: pipes.send(SoFar(examined)),
    )
    return Certified(examined)


def _explore(job: Explore, subject: Subject, world: World, pipes: Pipes) -> Explored:
    """Make runs until they are enough, each sent as it is made."""
    runs_max = job.budget.runs

    def over(runs: int) -> bool:
        return pipes.must_stop() or pipes.enough or (runs_max is not None and runs >= runs_max)

    try:
        found = survey(subject, world, calibrates=job.leads)
        scale = world.traits.scale
        broken = tuple(_ran(subject, *run, generated=False) for run in found.broken)
        pipes.send(Opened(subject.name, found.calibration, found.boundaries, scale, job.leads, broken))
        if not found.calibration:
            search(_Sending(subject, pipes.send, over), world, found.boundaries, job.budget, job.seed)
    except KeyboardInterrupt:
        if not pipes.stopped:
            raise
    return Explored(subject.name)


def _shorten(job: Shorten, subject: Subject, world: World, pipes: Pipes) -> Shortened:
    """Make the counterexample of one anomaly; what else shows meanwhile is sent too."""
    meter = Meter(job.budget, time.perf_counter, pipes.must_stop, time.perf_counter())
    evidence, rehearsal = _SendingFindings(subject, pipes.send), job.loader.load_rehearsal(subject)
    patient = job.loader.load_patient(subject)
    shrinking = shrinker_for(subject, world, evidence, meter, lambda: None, rehearsal, patient)
    history = History(list(job.events))
    found = Found(job.finding, job.run, job.steps_first, list(job.starts), job.schedule, history)
    try:
        example = shrinking.one((job.finding.promise, job.finding.anomaly), found)
    except KeyboardInterrupt:
        if not pipes.stopped:
            raise
        return Shortened(subject.name, shrinking.executions, None)
    events = shrinking.histories[example.file].events
    return Shortened(subject.name, shrinking.executions, example, tuple(events), evidence.withdrawn)


class _Sending(CountingSink):
    """Sends each run on."""

    def __init__(self, subject: Subject, send: _Send, over: Callable[[int], bool]) -> None:
        super().__init__(subject)
        self._send = send
        self._over = over

    def wants(self) -> bool:
        return not self._over(self.runs)

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        self.runs += 1
        self._send(_ran(self.subject, schedule, outcome, generated=True))


class _SendingFindings(Evidence):
    """Sends on each run that shows something."""

    def __init__(self, subject: Subject, send: _Send) -> None:
        super().__init__(subject)
        self._send = send
        self.withdrawn = ""

    def withdraw(self, key: Key, reason: str) -> None:
        self.withdrawn = reason

    def notice(self, schedule: Schedule, outcome: Outcome) -> None:
        if outcome.findings:
            self._send(_ran(self.subject, schedule, outcome, generated=False))


class _PassingOn:
    """Passes progress on, ten times a second at most unless something changed."""

    def __init__(self, pipes: Pipes) -> None:
        self._pipes = pipes
        self._last: tuple[str, int] = ("", 0)
        self._next_s = 0.0

    def __call__(self, progress: Progress) -> None:
        now_s, at = time.perf_counter(), (progress.stage, len(progress.found))
        if at != self._last or now_s >= self._next_s:
            self._last, self._next_s = at, now_s + _REPORT_EVERY_S
            self._pipes.send(Underway(progress))


def _ran(subject: Subject, schedule: Schedule, outcome: Outcome, *, generated: bool) -> Ran:
    plain = msgspec.structs.replace(schedule, expected=None)
    events = tuple(outcome.history.events)
    return Ran(subject.name, plain, events, outcome.judgements, outcome.reason, generated)
