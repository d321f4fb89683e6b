"""A worker's part in a search that several share: runs that somebody else adds up, and the shrinking of one anomaly.

Each worker has real servers of its own. See `harness/shaketable/explore/pool/coordinator.py` for who asks.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from shaketable.explore.budget import Clock, Meter
from shaketable.explore.generate.machine import boundaries_of
from shaketable.explore.generate.sink import CountingSink
from shaketable.explore.judge.calibration import mismatches
from shaketable.explore.judge.evidence import Evidence, Found
from shaketable.explore.pool.jobs import Answer, Explore, Explored, Opened, Ran, Shorten, Shortened
from shaketable.explore.search import search
from shaketable.explore.shrink.real import RealShrinker
from shaketable.history import History
from shaketable.runner import Outcome
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world import World, scale_of

Send = Callable[[Answer], None]
Asked = Callable[[], bool]


class _Telling(CountingSink):
    """Sends each run on."""

    def __init__(self, subject: Subject, send: Send, over: Callable[[int], bool]) -> None:
        super().__init__(subject)
        self._send = send
        self._over = over

    def wants(self) -> bool:
        return not self._over(self.runs)

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        self.runs += 1
        self._send(_ran(self.subject, schedule, outcome, generated=True))


class _Noticing(Evidence):
    """Sends on what shows besides."""

    def __init__(self, subject: Subject, send: Send) -> None:
        super().__init__(subject)
        self._send = send

    def notice(self, schedule: Schedule, outcome: Outcome) -> None:
        if any(judgement.findings for judgement in outcome.judgements):
            self._send(_ran(self.subject, schedule, outcome, generated=False))


def explore(job: Explore, subject: Subject, world: World, send: Send, enough: Asked, stop: Asked) -> Explored:
    """Make runs until `enough` or `stop`, each told by `send`; at once once `stop` has interrupted the world."""
    runs_max = job.budget.runs

    def over(runs: int) -> bool:
        return stop() or enough() or (runs_max is not None and runs >= runs_max)

    try:
        calibration = mismatches(subject, world) if job.leads else ()
        boundaries = () if calibration else boundaries_of(subject, world)
        names = tuple(str(boundary) for boundary in boundaries)
        send(Opened(subject.name, calibration, names, scale_of(world), job.leads))
        if not calibration:
            search(_Telling(subject, send, over), world, boundaries, job.budget, job.seed)
    except KeyboardInterrupt:
        if not stop():
            raise
    return Explored(subject.name)


def shorten(
    job: Shorten,
    subject: Subject,
    world: World,
    rehearsal: World | None,
    send: Send,
    stop: Asked,
    now_s: Clock,
) -> Shortened:
    """The counterexample of one anomaly; what else shows meanwhile is told by `send`."""
    meter = Meter(job.budget, now_s, stop, now_s())
    shrinking = RealShrinker(subject, world, _Noticing(subject, send), meter, lambda: None, rehearsal)
    history = History(list(job.events))
    found = Found(job.finding, job.run, job.steps_first, list(job.starts), job.schedule, history)
    try:
        example = shrinking.one((job.finding.promise, job.finding.anomaly), found)
    except KeyboardInterrupt:
        if not stop():
            raise
        return Shortened(subject.name, shrinking.executions, None)
    events = shrinking.histories[example.file].events
    return Shortened(subject.name, shrinking.executions, example, tuple(events))


def _ran(subject: Subject, schedule: Schedule, outcome: Outcome, *, generated: bool) -> Ran:
    plain = msgspec.structs.replace(schedule, expected=None)
    events = tuple(outcome.history.events)
    return Ran(subject.name, plain, events, outcome.judgements, outcome.unknown, generated)
