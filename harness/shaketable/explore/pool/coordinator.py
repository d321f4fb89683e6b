"""One search on several sets of real servers: workers make the runs, this process adds them up and decides.

A run on real servers waits most of its time, so one set of servers leaves a machine idle. Each set has a worker and a
seed of its own. There is one budget and one verdict; an anomaly is shrunk once, by whichever worker is free.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from shaketable.certificate import Servers
from shaketable.errors import HarnessError, UsageError
from shaketable.explore.budget import Budget, Clock, Meter, derive_seed
from shaketable.explore.certify import Examined, Tried, conclude, enough_for
from shaketable.explore.judge.evidence import Found, Key
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
from shaketable.explore.pool.pool import CLOSING_IN_A_HURRY_S, CLOSING_S, GRACE_S, Pool
from shaketable.explore.pool.workers import HANG_REAL_S
from shaketable.explore.progress import Progress, Told, at, every_few_runs, quiet
from shaketable.explore.search import Search
from shaketable.explore.shrink.counterexamples import Counterexamples
from shaketable.history import History
from shaketable.runner import Outcome
from shaketable.subject import Subject

_SEEDS_BELOW = 2**32
_SHRINKING_SHARE = 1.2
"""Shrinking may end a fifth over the time: see `shaketable.explore.budget.Meter`."""
_AT_LEAST_S = 0.001


def _never() -> bool:
    return False


def certify_jointly(
    jobs: Sequence[Certify],
    sets: int,
    *,
    progress: Told = quiet,
    stop: Callable[[], bool] = _never,
    now_s: Clock = time.perf_counter,
) -> Iterator[Result]:
    """One result for each job, one after the other, each by `sets` workers. `stop` as in `run_jobs`.

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
        yield _Joint(job, subject, sets, progress, stop, now_s).result()


class _WorkerFailedError(Exception):
    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.reason)
        self.failed = failed


class _Joint:
    """The search for one subject while it lasts."""

    def __init__(
        self,
        job: Certify,
        subject: Subject,
        sets: int,
        progress: Told,
        stop: Callable[[], bool],
        now_s: Clock,
    ) -> None:
        runs = job.budget.runs
        self._job = job
        self._sets = sets if runs is None else min(sets, runs)
        self._progress = progress
        self._stop = stop
        self._meter = Meter(job.budget, now_s, stop, now_s())
        self._found = Search(
            subject,
            self._meter,
            enough=enough_for(subject, job.budget),
            told=every_few_runs(progress, self._sets),
        )
        self._examples = Counterexamples(self._found)
        self._shrunk: list[Key] = []  # or being shrunk
        self._lead: Opened | None = None
        self._early: list[Ran] = []  # runs that were made before it is known whether the profile fits
        self._pool = Pool(self._explorations(), self._sets, self._hear)

    def result(self) -> Result:
        """Search, shrink, conclude; whatever happens, no worker is left."""
        self._progress(Progress(self._found.subject.name, "calibrating", sets=self._sets))
        closing_s = 0.0
        try:
            self._search_and_shrink()
            closing_s = CLOSING_IN_A_HURRY_S if self._stop() else CLOSING_S
        except _WorkerFailedError as lost:
            closing_s = CLOSING_S
            return lost.failed
        finally:
            self._pool.close(closing_s)
        return Certified(self._examined())

    def _search_and_shrink(self) -> None:
        pool, told_enough = self._pool, False
        pool.fill()
        while pool.busy and not self._stop():
            self._take_all(pool.listen())
            self._take_all(pool.end_hanging(HANG_REAL_S))
            if self._lead is None:
                continue
            if self._lead.calibration or not self._found.wants():
                if not told_enough:
                    pool.tell_enough()
                told_enough = True
                self._shrink_what_waits()
            elif not pool.busy:  # nobody can draw a run any more
                self._shrink_what_waits()
            pool.fill()
        pool.ask_to_stop()
        give_up_s = time.monotonic() + GRACE_S
        while pool.busy and time.monotonic() < give_up_s:
            self._take_all(pool.listen())

    def _explorations(self) -> list[Explore]:
        """Whoever asks for so many runs gets exactly those."""
        job, runs = self._job, self._job.budget.runs
        parts = []
        for n, seed in enumerate(self._seeds):
            share = None if runs is None else runs // self._sets + (n < runs % self._sets)
            budget = msgspec.structs.replace(job.budget, runs=share)
            parts.append(Explore(job.subject, job.loader, budget, seed, leads=n == 0))
        return parts

    @property
    def _seeds(self) -> tuple[int, ...]:
        seed = self._job.seed
        others = (derive_seed(seed, "set", n) % _SEEDS_BELOW for n in range(1, self._sets))
        return (seed, *others)

    def _hear(self, said: Streamed) -> None:
        if isinstance(said, Opened) and said.leads:
            self._lead = said
        elif isinstance(said, Ran):
            self._early.append(said)
        if self._lead is not None:
            for ran in self._early if not self._lead.calibration else ():
                self._count(ran)
            self._early.clear()

    def _count(self, ran: Ran) -> None:
        outcome = Outcome(History(list(ran.events)), ran.judgements, (), ran.unknown)
        if ran.generated:
            self._found.take(ran.schedule, outcome)
        else:
            self._found.notice(ran.schedule, outcome)

    def _take_all(self, finals: Iterator[Final]) -> None:
        for final in finals:
            match final:
                case Failed():
                    raise _WorkerFailedError(final)
                case Shortened(example=example, events=events):
                    self._examples.executions += final.executions
                    if example is not None:
                        key = (example.finding.promise, example.finding.anomaly)
                        self._examples.done[key] = example
                        self._examples.histories[example.file] = History(list(events))
                    self._tell_shrinking()

    def _shrink_what_waits(self) -> None:
        """Hand anomalies to idle workers; each has its share of the time that is left."""
        waiting = [key for key in self._examples.waiting() if key not in self._shrunk]
        while waiting and self._pool.idle > 0:
            left_s = self._meter.shrinking_left_s * min(1.0, self._sets / len(waiting))
            key = waiting.pop(0)
            self._shrunk.append(key)
            self._pool.add(self._shortening(self._found.found[key], left_s))
            self._tell_shrinking()

    def _shortening(self, found: Found, left_s: float) -> Shorten:
        budget: Budget = msgspec.structs.replace(
            self._job.budget,
            runs=1,
            seconds=None if math.isinf(left_s) else max(_AT_LEAST_S, left_s / _SHRINKING_SHARE),
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

    def _tell_shrinking(self) -> None:
        self._progress(at("shrinking", self._found, self._sets))

    def _examined(self) -> Examined:
        lead, examples, meter = self._lead, self._examples, self._meter
        waiting = examples.waiting()  # it also drops what other runs contradict by now
        if waiting:  # somebody stopped it
            examples.as_found()
        tried = Tried(
            self._job.loader.world_name,
            self._job.seed,
            lead.calibration if lead else (),
            lead.boundaries if lead else (),
            Servers(self._seeds, lead.scale if lead else 0.0),
        )
        result = conclude(self._found, tried, examples.done, meter, examples.executions)
        self._progress(at("done", self._found, self._sets))
        histories = {file: tuple(history.events) for file, history in examples.histories.items()}
        return Examined(result, histories, meter.stopped())
