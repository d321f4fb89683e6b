"""The main program of one worker process: it does jobs until its parent has none left, and never outlives it."""

from __future__ import annotations

import signal
import sys
import traceback

from shaketable.errors import ServerDied, SubjectError, UsageError
from shaketable.explore.generate.interpreter import tuned_interpreter
from shaketable.explore.pool.jobs import Failed, Final, Job, unusable
from shaketable.explore.pool.pipes import Pipes
from shaketable.explore.pool.worker_tasks import do
from shaketable.parent_death import die_with_parent


def main() -> None:
    """Run `python -m shaketable.explore.pool.worker_main PARENT`: work until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    # Also in code of a subject that never lets a timer look at the pipe.
    die_with_parent(int(sys.argv[1]))
    pipes = Pipes()
    try:
        while (job := pipes.next_job()) is not None:
            with tuned_interpreter():
                result = _result(job, pipes)
            pipes.send(result)
    finally:
        pipes.close_worlds()


def _result(job: Job, pipes: Pipes) -> Final:
    try:
        return do(job, pipes)
    except SubjectError as error:
        return Failed(job.subject, f"{job.subject}: {error}", usage=True)
    except UsageError as error:
        return unusable(job.subject, error)
    except ServerDied as error:  # no fault of a line of code, so no traceback
        return Failed(job.subject, str(error))
    except SystemExit:
        return Failed(job.subject, f"{job.subject}: its code called sys.exit() in a run", usage=True)
    except Exception as error:  # whatever goes wrong is reported as this subject's fault of the harness
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        detail = "".join(traceback.format_exception(error))
        return Failed(job.subject, reason, detail=detail)


if __name__ == "__main__":
    main()
