"""A pool of worker processes: an idle worker is given the next job, and answers come back in the order they arrive."""

from __future__ import annotations

import selectors
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from shaketable.explore.budget import HANG_REAL_S, never_stop
from shaketable.explore.pool.jobs import (
    Explore,
    Failed,
    Final,
    Job,
    Obeying,
    Opened,
    Ran,
    SoFar,
    Streamed,
    Underway,
    decode_answer,
)
from shaketable.explore.pool.worker_process import WorkerProcess

_GRACE_S = 1.2
"""For a worker to say that it stops, for a run of it may never end."""
_GRACE_USED_S = 0.6
"""The time of that in which it had a processor, or needed none: on a busy machine it is given more until it has had as much."""
_HANDING_IN_S = 8.0
"""For a worker that does stop to hand in what it has, on a busy machine; a second Ctrl-C ends it at once."""
_CLOSING_S = 60.0
"""For workers to take down what they keep running."""
_CLOSING_STOPPED_S = 0.4
"""The same after a stop, which is obeyed within two seconds."""
STOPPED_WITHIN_S = _HANDING_IN_S + 2.0
"""Everything after a stop, at the most."""
_LISTEN_S = 0.1


class Pool:
    """As many workers as there is work for. `on_message` gets what they say before a job is done.

    Once `stop` says so, a worker that dies has failed at nothing, and workers are not waited for as long.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        workers_max: int,
        on_message: Callable[[Streamed], None],
        stop: Callable[[], bool] = never_stop,
    ) -> None:
        self._jobs = deque(jobs)
        self._workers_max = workers_max
        self._on_message = on_message
        self._stop = stop
        self._selector = selectors.DefaultSelector()
        self._workers: list[WorkerProcess] = []

    @property
    def busy(self) -> bool:
        return any(worker.job is not None for worker in self._workers)

    @property
    def idle(self) -> int:
        """The number of further jobs that could be begun at once."""
        return self._workers_max - sum(worker.job is not None for worker in self._workers) - len(self._jobs)

    def add(self, job: Job) -> None:
        """Add one job, begun at the next `fill`."""
        self._jobs.append(job)

    def fill(self) -> None:
        """Give every idle worker a job, and start workers while there are jobs for them."""
        for worker in self._workers:
            if worker.job is None and self._jobs:
                worker.give(self._jobs.popleft())
        while self._jobs and len(self._workers) < self._workers_max:
            worker = WorkerProcess()
            self._workers.append(worker)
            self._selector.register(worker.out, selectors.EVENT_READ, worker)
            worker.give(self._jobs.popleft())

    def listen(self) -> Iterator[Final]:
        """Wait a moment for answers, and yield those that end a job."""
        for key, _ in self._selector.select(_LISTEN_S):
            worker: WorkerProcess = key.data
            worker.heard()
            lines = worker.read()
            if lines is None:
                yield from self._died(worker)
            else:
                yield from self._answers(worker, lines)

    def _answers(self, worker: WorkerProcess, lines: list[bytes]) -> Iterator[Final]:
        for line in lines:
            answer = decode_answer(line)
            if isinstance(answer, Obeying):
                worker.obeys = True
            elif isinstance(answer, Underway | SoFar | Opened | Ran):
                self._on_message(answer)
            else:
                worker.job = None
                yield answer

    def end_hanging(self, hang_s: float) -> Iterator[Final]:
        """Fail the jobs of which nothing was heard for so long: one that never ends must not hold up the others."""
        for worker in [w for w in self._workers if w.job is not None and w.is_silent(hang_s)]:
            assert worker.job is not None
            where = worker.where_it_waits()
            self._remove(worker)
            yield Failed(
                worker.job.subject,
                f"no run of it ended within {hang_s:g} s",
                detail=where,
                hangs=hang_s != HANG_REAL_S,
            )

    def _died(self, worker: WorkerProcess) -> Iterator[Final]:
        failed = None if worker.job is None or self._stop() else worker.why_it_died(worker.job)
        self._remove(worker)
        if failed is not None:
            yield failed

    def _remove(self, worker: WorkerProcess) -> None:
        self._selector.unregister(worker.out)
        self._workers.remove(worker)
        worker.end()

    def end_exploring(self) -> None:
        """Let workers that make generated runs finish the one they make, and begin no other."""
        for worker in self._workers:
            if isinstance(worker.job, Explore):
                worker.end_exploring()

    def ask_to_stop(self) -> None:
        """Start no further job, and let workers hand in what they have."""
        self._jobs.clear()
        for worker in self._workers:
            if worker.job is not None:
                worker.ask_to_stop()

    def last_answers(self) -> Iterator[Final]:
        """Start no further job, let workers hand in what they have, and yield it; one that does not obey is given up."""
        asked_s = time.monotonic()
        waited_before_s = {worker: worker.waited_s() for worker in self._workers}
        self.ask_to_stop()

        def may_answer(worker: WorkerProcess) -> bool:
            passed_s = time.monotonic() - asked_s
            if worker.obeys or passed_s > _HANDING_IN_S:
                return passed_s < _HANDING_IN_S
            return (
                passed_s < _GRACE_S
                or passed_s - (worker.waited_s() - waited_before_s[worker]) < _GRACE_USED_S
            )

        while any(worker.job is not None and may_answer(worker) for worker in self._workers):
            yield from self.listen()

    def close(self, *, at_once: bool = False) -> None:
        """End every worker; those that have not ended in time, or `at_once`, are killed."""
        for worker in self._workers:
            worker.close_input()
        try:
            give_up_s = time.monotonic() + (0.0 if at_once else _CLOSING_S)
            for worker in self._workers:
                while not worker.has_ended(_LISTEN_S) and time.monotonic() < give_up_s:
                    if self._stop():
                        give_up_s = min(give_up_s, time.monotonic() + _CLOSING_STOPPED_S)
        finally:  # a Ctrl-C while they take their time ends them too
            with ExitStack() as ending:  # one that does not end keeps no other from its end
                for worker in self._workers:
                    ending.callback(worker.end)
            self._workers.clear()
            self._selector.close()
