"""Certification: everything tried on one subject in one world, and the result. One pipeline for any source of runs."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import msgspec

from shaketable.access import Access
from shaketable.certificate import SubjectResult
from shaketable.errors import ServerDied, UsageError
from shaketable.explore.budget import Budget, Clock, Meter, never_stop
from shaketable.explore.judge.calibration import require_promises
from shaketable.explore.judge.conclusion import Tried, conclude
from shaketable.explore.judge.evidence import Evidence
from shaketable.explore.judge.expectations import everything_found
from shaketable.explore.judge.subject_digest import libraries
from shaketable.explore.progress import OnProgress, Progress, ignore
from shaketable.explore.run_source import RunsFailed, RunSource, Survey, ThisProcess
from shaketable.explore.search import Search
from shaketable.explore.shrink.counterexamples import Counterexamples
from shaketable.history import Event
from shaketable.subject import Subject
from shaketable.world import World


class Examined(msgspec.Struct, frozen=True):
    """The result, and the history behind each counterexample by the name of its file."""

    result: SubjectResult
    histories: dict[str, tuple[Event, ...]]
    interrupted: bool = False
    fault: str = ""
    """The fault of the harness that ended the search, in one line; what was found before it is kept."""
    fault_detail: str = ""
    accesses: dict[str, tuple[Access, ...]] = {}
    """What was read and written in those histories in which orders were decided."""


OnSoFar = Callable[[Examined], None]
KEEP_EVERY_S = 5.0
"""What was found is kept at once; numbers of runs no more often than this."""


def certify_subject(
    subject: Subject,
    world: World,
    budget: Budget,
    seed: int = 0,
    *,
    now_s: Clock,
    progress: OnProgress = ignore,
    stop: Callable[[], bool] = never_stop,
    rehearsal: World | None = None,
    patient: World | None = None,
    so_far: OnSoFar | None = None,
) -> Examined:
    """Certify `subject` by runs in this process; see `certify`.

    What a real world shows is shrunk in `rehearsal`, the simulated one, if it shows there too; else it must show in
    `patient`, the same world with more time.
    With a budget of runs only, same seed same result, apart from the seconds.
    """
    source = ThisProcess(subject, world, seed, rehearsal, patient)
    return certify(subject, source, budget, seed, now_s=now_s, progress=progress, stop=stop, so_far=so_far)


def certify(
    subject: Subject,
    source: RunSource,
    budget: Budget,
    seed: int,
    *,
    now_s: Clock,
    progress: OnProgress = ignore,
    stop: Callable[[], bool] = never_stop,
    so_far: OnSoFar | None = None,
) -> Examined:
    """Calibrate, search, shrink, run again, compare with the expectation.

    `stop` is asked before every run: once it answers True the search ends and the anomalies found so far are
    reported as they were found, without any further shrinking. `so_far` is given the same of the search as it stands, at each new
    anomaly or counterexample and every few seconds, so that it is known even if this process is killed.
    Raises UsageError for a subject that promises nothing.
    Raises HarnessError when an adapter, a checker's contract or determinism is broken before any anomaly was found.
    Behind one, whatever a run raises ends the search: what was found is kept, and what was not broken is unknown.
    """
    require_promises(subject)
    meter = Meter(budget, now_s, stop, now_s())
    told = _SoFar(progress, so_far, now_s)
    found = Search(
        subject, meter, enough=_enough(subject, budget), progress=told, sets=source.sets, recorded=True
    )
    found.report("calibrating")
    examples = source.begin(found)
    survey = Survey()
    fault = detail = ""

    def examined(examples: Counterexamples, *, interrupted: bool) -> Examined:
        boundaries = tuple(str(boundary) for boundary in survey.boundaries)
        tried = Tried(source.world_name, seed, survey.calibration, boundaries, source.servers, fault)
        result = msgspec.structs.replace(
            conclude(found, tried, examples.done, meter, examples.executions),
            known=tuple(sorted({*subject.expects.breaks, *subject.expects.may_break})),
            withdrawn={" ".join(key): reason for key, reason in sorted(found.contradicted().items())},
            libraries=libraries(subject),
            batches=found.batches,
        )
        histories = {file: tuple(history.events) for file, history in examples.histories.items()}
        accesses = {file: tuple(h.accesses) for file, h in examples.histories.items() if h.accesses}
        return Examined(result, histories, interrupted, fault, detail, accesses)

    told.follow(examples, lambda: examined(examples.so_far(), interrupted=True))
    try:
        survey = source.survey()
        for schedule, outcome in survey.broken:
            found.notice(schedule, outcome)
        if not survey.calibration:
            source.search()
        if survey.broken or not survey.calibration:
            source.shrink()
    except KeyboardInterrupt:
        if not meter.stopped():
            raise
    except UsageError:
        raise
    except Exception as error:  # a fault of the harness takes no finding back
        if not found.found:
            raise
        fault, detail = _told(error)
    examples.as_found()
    result = examined(examples, interrupted=meter.interrupted)
    found.report("done")
    return result


class _SoFar:
    """Gives `keep` what is known so far, at once if something new was found or shrunk, and then passes progress on."""

    def __init__(self, progress: OnProgress, keep: OnSoFar | None, now_s: Clock) -> None:
        self._progress = progress
        self._keep = keep
        self._now_s = now_s
        self._kept_s = now_s()
        self._last = (0, 0)
        self._examples: Counterexamples | None = None
        self._examine: Callable[[], Examined] | None = None

    def follow(self, examples: Counterexamples, examine: Callable[[], Examined]) -> None:
        """Keep from now on what `examine` returns."""
        self._examples, self._examine = examples, examine

    def __call__(self, progress: Progress) -> None:
        if self._keep is not None and self._examine is not None and self._examples is not None:
            now_s, at = self._now_s(), (len(progress.found), len(self._examples.done))
            is_due = progress.runs and now_s >= self._kept_s + KEEP_EVERY_S
            if progress.stage != "done" and (at != self._last or is_due):
                self._keep(self._examine())
                self._last, self._kept_s = at, self._now_s()
        self._progress(progress)


def _told(error: Exception) -> tuple[str, str]:
    """Return a fault of the harness in one line, and all that is known of it."""
    if isinstance(error, RunsFailed):
        return str(error), error.detail
    if isinstance(error, ServerDied):
        return str(error), ""
    reason = f"{type(error).__name__}: {error}".partition("\n")[0]
    return reason, "".join(traceback.format_exception(error))


def _enough(subject: Subject, budget: Budget) -> Callable[[Evidence], bool]:
    """Say when the search is over before the budget is: never, unless it is for something that is known."""
    if not budget.until_expected:
        return lambda _: False
    if subject.kills:
        return lambda found: any(promise in subject.kills for promise, _ in found.found)
    return lambda found: everything_found(subject, found.found)
