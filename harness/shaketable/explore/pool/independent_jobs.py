"""Independent jobs spread over worker processes; results come back as they are finished.

A worker that dies is a fault of the harness for the subject it worked on and for nothing else. Workers end
with this process however it ends: their stdin is a pipe that only this process holds. A worker takes down at its end
what it keeps running; if it was killed, the world's own reaper does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

from shaketable.explore.budget import HANG_REAL_S, HANG_S, never_stop
from shaketable.explore.certify import OnSoFar
from shaketable.explore.pool.jobs import (
    Certified,
    Failed,
    Final,
    Hunted,
    Job,
    Result,
    SoFar,
    Streamed,
    Underway,
)
from shaketable.explore.pool.pool import Pool
from shaketable.explore.progress import OnProgress, ignore


def run_jobs(
    jobs: Sequence[Job],
    *,
    workers: int | None = None,
    progress: OnProgress = ignore,
    stop: Callable[[], bool] = never_stop,
    hang_s: float | None = None,
    so_far: OnSoFar | None = None,
) -> Iterator[Result]:
    """Yield one result for each job, in the order they finish. `workers` defaults to the number of processors.
    A job of which nothing is heard for `hang_s` (a minute; ten on a real world) fails. `so_far` as in `certify`.

    Each worker has its own real servers, all on one machine: so a single one has them unless more are asked for.

    `stop` is asked ten times a second: once True, nothing further is started, workers hand in what they have
    so far, those whose run goes on for 1.2 s are killed, and the iterator ends: on a busy machine within
    `STOPPED_WITHIN_S`. Closing the iterator, or an exception in its consumer's thread such as KeyboardInterrupt, kills them all.
    """

    def pass_on(said: Streamed) -> None:
        if isinstance(said, Underway):
            progress(said.progress)
        elif isinstance(said, SoFar) and so_far is not None:
            so_far(said.examined)

    real = any(job.loader.traits.has_servers for job in jobs)
    hang_s = hang_s or (HANG_REAL_S if real else HANG_S)
    pool = Pool(jobs, workers or (1 if real else os.cpu_count() or 1), pass_on, stop)
    at_once = True
    try:
        pool.fill()
        while pool.busy and not stop():
            yield from _results(pool.listen())
            yield from _results(pool.end_hanging(hang_s))
            pool.fill()
        yield from _results(pool.last_answers())
        at_once = False
    finally:
        pool.close(at_once=at_once)


def _results(finals: Iterator[Final]) -> Iterator[Result]:
    return (final for final in finals if isinstance(final, Certified | Hunted | Failed))
