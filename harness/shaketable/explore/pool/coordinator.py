"""The coordinator of a shared search: workers with real servers of their own make the runs, and this process adds them up.

A run on real servers waits most of its time, so one set of servers leaves a machine idle. Each set has a worker and a
seed of its own. There is one budget and one verdict; an anomaly is shrunk once, by any worker that is free.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType

import msgspec

from shaketable.certificate import Servers
from shaketable.errors import HarnessError, UsageError
from shaketable.explore.budget import HANG_REAL_S, SHRINKING_SHARE, Budget, Clock, derive_seed, never_stop
from shaketable.explore.certify import Examined, OnSoFar, certify
from shaketable.explore.judge.contradictions import Key
from shaketable.explore.judge.evidence import Found
from shaketable.explore.pool.jobs import (
    Certified,
    Certify,
    Explore,
    Failed,
    Final,
    Opened,
    Ran,
    Result,
    Shorten,
    Shortened,
    Streamed,
    unusable,
)
from shaketable.explore.pool.pool import Pool
from shaketable.explore.progress import OnProgress, ignore
from shaketable.explore.run_source import RunsFailed, Survey
from shaketable.explore.search import Search
from shaketable.explore.shrink.counterexamples import Counterexamples
from shaketable.history import History
from shaketable.runner import Outcome

_SEEDS_BELOW = 2**32
_SECONDS_MIN = 0.001


def certify_shared(
    jobs: Sequence[Certify],
    sets: int,
    *,
    progress: OnProgress = ignore,
    stop: Callable[[], bool] = never_stop,
    now_s: Clock = time.perf_counter,
    so_far: OnSoFar | None = None,
) -> Iterator[Result]:
    """Yield one result for each job, one after the other, each by `sets` workers. `stop` and `so_far` as in `run_jobs`.

    A worker that dies or hangs is a fault of the harness for its subject, as is an error of any worker.
    """
    for job in jobs:
        if stop():
            return
        try:
            subject = job.loader.load_subject(job.subject)
        except UsageError as error:
            yield unusable(job.subject, error)
            continue
        except HarnessError as error:
            yield Failed(job.subject, f"{type(error).__name__}: {error}")
            continue
        examined: Examined | None = None
        try:
            with WorkerSets(job, sets, stop) as source:
                examined = certify(
                    subject,
                    source,
                    job.budget,
                    job.seed,
                    now_s=now_s,
                    progress=progress,
                    stop=stop,
                    so_far=so_far,
                )
        except KeyboardInterrupt:
            if examined is None:
                raise
            yield Certified(examined)  # what was found is not lost because workers took long to end
            return
        except _WorkerFailed as lost:
            yield lost.failed
        except _WorkerUnusable as lost:
            yield lost.failed
        else:
            yield Certified(examined)


class _WorkerFailed(RunsFailed):
    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.reason)
        self.failed, self.detail = failed, failed.detail


class _WorkerUnusable(UsageError):
    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.reason)
        self.failed = failed


class WorkerSets:
    """Makes the runs of one subject by workers; a `shaketable.explore.run_source.RunSource`. Its end leaves no worker."""

    def __init__(self, job: Certify, sets: int, stop: Callable[[], bool]) -> None:
        runs = job.budget.runs
        self.sets = sets if runs is None else min(sets, runs)
        self._job = job
        self._lead: Opened | None = None
        self._uncounted: list[Ran] | None = []
        """Runs that were made before it is known whether the profile fits; None once it does."""
        self._shrunk: list[Key] = []  # or being shrunk
        self._pool = Pool(self._explorations(), self.sets, self._hear, stop)

    def __enter__(self) -> WorkerSets:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close(at_once=error is not None and not isinstance(error, _WorkerFailed | _WorkerUnusable))

    @property
    def world_name(self) -> str:
        return self._job.loader.world_name

    @property
    def servers(self) -> Servers:
        return Servers(self._seeds, self._lead.scale if self._lead else 0.0)

    @property
    def _seeds(self) -> tuple[int, ...]:
        seed = self._job.seed
        others = (derive_seed(seed, "set", n) % _SEEDS_BELOW for n in range(1, self.sets))
        return (seed, *others)

    def begin(self, found: Search) -> Counterexamples:
        """See `RunSource`."""
        self._found = found
        self._examples = Counterexamples(found)
        return self._examples

    def survey(self) -> Survey:
        """Wait for the worker that leads; the others make runs already."""
        self._pool.fill()
        while self._lead is None and self._pool.busy and not self._found.meter.stopped():
            self._listen()
        if self._lead is None:
            return Survey()
        broken = tuple((ran.schedule, _outcome(ran)) for ran in self._lead.broken)
        if self._lead.calibration and not broken:
            self.shrink()  # no run was counted, so it only ends those that are being made
        return Survey(self._lead.calibration, self._lead.boundaries, broken)

    def search(self) -> None:
        """See `RunSource`."""
        early, self._uncounted = self._uncounted or (), None
        for ran in early:
            self._count(ran)
        while self._pool.busy and self._found.wants():
            self._listen()

    def shrink(self) -> None:
        """Hand anomalies to workers as they become free, until none is left; a stop leaves them as they were found."""
        self._pool.end_exploring()
        self._shrink_next()
        while self._pool.busy and not self._found.meter.stopped():
            self._listen()
            self._shrink_next()
        self._take_all(self._pool.last_answers())

    def _explorations(self) -> list[Explore]:
        """Split the runs exactly, if they are given."""
        job, runs = self._job, self._job.budget.runs
        parts = []
        for n, seed in enumerate(self._seeds):
            share = None if runs is None else runs // self.sets + (n < runs % self.sets)
            budget = msgspec.structs.replace(job.budget, runs=share)
            parts.append(Explore(job.subject, job.loader, budget, seed, leads=n == 0))
        return parts

    def _listen(self) -> None:
        self._take_all(self._pool.listen())
        self._take_all(self._pool.end_hanging(HANG_REAL_S))

    def _hear(self, said: Streamed) -> None:
        if isinstance(said, Opened) and said.leads:
            self._lead = said
        elif isinstance(said, Ran):
            if self._uncounted is None:
                self._count(said)
            else:
                self._uncounted.append(said)

    def _count(self, ran: Ran) -> None:
        if ran.generated:
            self._found.take(ran.schedule, _outcome(ran))
        else:
            self._found.notice(ran.schedule, _outcome(ran))

    def _take_all(self, finals: Iterator[Final]) -> None:
        for final in finals:
            match final:
                case Failed():
                    raise _WorkerUnusable(final) if final.usage else _WorkerFailed(final)
                case Shortened(example=example, events=events, withdrawn=withdrawn):
                    self._examples.executions += final.executions
                    if example is not None:
                        key = (example.finding.promise, example.finding.anomaly)
                        self._examples.done[key] = example
                        self._examples.histories[example.file] = History(list(events))
                        if withdrawn:
                            self._found.withdraw(key, withdrawn)
                    self._found.report("shrinking")

    def _shrink_next(self) -> None:
        """Hand anomalies to idle workers; each has its share of the time that is left."""
        waiting = [key for key in self._examples.waiting() if key not in self._shrunk]
        while waiting and self._pool.idle > 0:
            left_s = self._found.meter.shrinking_left_s * min(1.0, self.sets / len(waiting))
            key = waiting.pop(0)
            self._shrunk.append(key)
            self._pool.add(self._shortening(self._found.found[key], left_s))
            self._found.report("shrinking")
        self._pool.fill()

    def _shortening(self, found: Found, left_s: float) -> Shorten:
        budget: Budget = msgspec.structs.replace(
            self._job.budget,
            runs=1,
            seconds=None if math.isinf(left_s) else max(_SECONDS_MIN, left_s / SHRINKING_SHARE),
        )
        return Shorten(
            self._job.subject,
            self._job.loader,
            budget,
            found.finding,
            found.run,
            found.steps_first,
            tuple(found.starts),
            found.schedule,
            tuple(found.history.events),
        )


def _outcome(ran: Ran) -> Outcome:
    return Outcome(History(list(ran.events)), ran.judgements, (), ran.reason)
