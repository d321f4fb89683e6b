"""Worker processes: results, faults, stopping, and no survivors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from counter_subject import ToyWorld, counter

from shaketable.errors import HarnessError, UsageError
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.pool.independent_jobs import run_jobs
from shaketable.explore.pool.jobs import (
    Answer,
    Certified,
    Certify,
    Failed,
    Hunt,
    Hunted,
    Job,
    Loader,
    Streamed,
    decode_answer,
    decode_job,
    encode,
    resolve,
)
from shaketable.explore.pool.pool import Pool
from shaketable.explore.pool.worker_process import WorkerProcess
from shaketable.explore.progress import Progress
from tests.machine_pace import allowed_s

LOADER = Loader("counter_subject:subject_by_name", "counter_subject:world_for", "toy")
HERE = Path(__file__).parent


def certify(name: str, runs: int = 60) -> Job:
    return Certify(f"counter/{name}", LOADER, Budget(runs=runs))


def test_two_workers_answer_every_job_and_one_dying_harms_no_other() -> None:
    told: list[Progress] = []
    jobs = [certify("lost"), certify("crash"), certify("sound"), certify("raise"), certify("double")]
    results = list(run_jobs(jobs, workers=2, progress=told.append))
    certified = {r.examined.result.subject: r.examined for r in results if isinstance(r, Certified)}
    failed = {r.subject: r for r in results if isinstance(r, Failed)}
    assert set(certified) == {"counter/lost", "counter/sound", "counter/double"}
    assert failed["counter/crash"].reason == "its worker process exited with 9"
    assert failed["counter/raise"].reason == "RuntimeError: the adapter is wrong"
    assert "Traceback" in failed["counter/raise"].detail
    assert {p.stage for p in told} >= {"calibrating", "done"}


def test_a_worker_finds_exactly_what_this_process_finds() -> None:
    (result,) = run_jobs([certify("lost")], workers=1)
    assert isinstance(result, Certified)
    here = certify_subject(counter("lost"), ToyWorld(), Budget(runs=60), now_s=lambda: 0.0)
    assert _without_seconds(result.examined.result) == _without_seconds(here.result)
    assert result.examined.histories == here.histories


def _without_seconds(result: msgspec.Struct) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(result)
    assert isinstance(plain["spent"], dict)
    plain["spent"]["seconds"] = 0
    return plain


def test_mutants_are_hunted_in_workers_too() -> None:
    (result,) = run_jobs([Hunt("counter/mutant-lost", LOADER, runs_max=300)], workers=1)
    assert isinstance(result, Hunted)
    assert result.mutant.killed_by == ("CT-1",)
    assert not result.interrupted


def test_a_subject_that_cannot_be_loaded_is_a_usage_error() -> None:
    job = Certify("x", Loader("no_such_module:f", "counter_subject:world_for"), Budget(runs=1))
    (result,) = run_jobs([job], workers=1)
    assert isinstance(result, Failed)
    assert result.usage
    assert "no_such_module" in result.reason


def test_stopping_keeps_finished_results_and_takes_under_two_seconds() -> None:
    """One subject never gives control back, one is in the middle of its search, one is not begun."""
    finished: list[str] = []
    asked_s = 0.0

    def stop() -> bool:
        nonlocal asked_s
        if finished and not asked_s:
            asked_s = time.monotonic()
        return bool(finished)

    jobs = [certify("sound", 30), certify("spin"), certify("lost", 10**6), certify("double", 10**6)]
    for result in run_jobs(jobs, workers=3, stop=stop):
        assert isinstance(result, Certified)
        finished.append(result.examined.result.subject)
    took_s = time.monotonic() - asked_s
    assert took_s < allowed_s(2)
    assert finished[0] == "counter/sound"
    assert "counter/spin" not in finished


def test_a_subject_that_hangs_fails_alone() -> None:
    results = list(run_jobs([certify("spin", 500), certify("sound", 30)], workers=1, hang_s=4))
    assert isinstance(results[0], Failed)
    assert results[0].reason == "no run of it ended within 4 s"
    assert "counter_subject.py" in results[0].detail
    assert isinstance(results[1], Certified)


def last_answer(worker: WorkerProcess) -> Answer:
    while (lines := worker.read()) is not None:
        for line in lines:
            if isinstance(answer := decode_answer(line), Certified | Failed):
                return answer
    raise AssertionError("it ended without an answer")


@pytest.mark.parametrize(("number", "interrupted"), [(signal.SIGINT, False), (signal.SIGTERM, True)])
def test_a_signal_to_a_worker_that_is_being_imported_loses_no_job(
    number: signal.Signals, interrupted: bool
) -> None:
    worker = WorkerProcess()
    try:
        worker.give(certify("sound", 30))
        os.kill(worker.pid, number)
        answer = last_answer(worker)
        assert isinstance(answer, Certified)
        assert answer.examined.interrupted is interrupted
    finally:
        worker.end()


def test_a_worker_that_dies_after_a_stop_is_no_fault() -> None:
    stopped: list[str] = []

    def hear(_: Streamed) -> None:
        stopped.append("at its first word")

    pool = Pool([certify("crash", 10**6), certify("lost", 10**6)], 2, hear, lambda: bool(stopped))
    pool.fill()
    give_up_s = time.monotonic() + 30
    while not stopped and time.monotonic() < give_up_s:
        assert not [final for final in pool.listen() if not isinstance(final, Failed)]
    for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)
    assert list(pool.last_answers()) == []
    pool.close()


def test_a_worker_that_does_not_read_its_job_is_killed_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shaketable.explore.pool.worker_process._TAKES_WITHIN_S", 0.05)
    worker = WorkerProcess()
    try:
        os.kill(worker.pid, signal.SIGSTOP)
        job = certify("x" * (1 << 20))  # more than a pipe holds
        worker.give(job)
        assert worker.read() is None
        died = worker.why_it_died(job)
        assert died.reason == (
            "its worker process was killed by signal 9; it had not read what it was given in 0.05 s"
        )
    finally:
        worker.end()


class Undying:
    """A worker whose process the kernel does not let go."""

    def __init__(self, ended: list[Undying]) -> None:
        self.ended = ended

    def close_input(self) -> None:
        pass

    def has_ended(self, _: float) -> bool:
        return True

    def end(self) -> None:
        self.ended.append(self)
        raise HarnessError("it did not end")


def test_a_worker_that_does_not_end_keeps_no_other_from_its_end() -> None:
    pool, ended = Pool([], 2, lambda _: None), list[Undying]()
    workers = [Undying(ended), Undying(ended)]
    pool._workers.extend(workers)  # type: ignore[arg-type]
    with pytest.raises(HarnessError, match="it did not end"):
        pool.close()
    assert set(ended) == set(workers)


class Starved:
    """A worker that waits for a processor all the time, and says in the end that it stops."""

    job, obeys = object(), False

    def __init__(self, obeys_after_s: float) -> None:
        self.began_s, self.obeys_after_s = time.monotonic(), obeys_after_s

    def waited_s(self) -> float:
        return time.monotonic() - self.began_s

    def ask_to_stop(self) -> None:
        pass

    def answer(self, _: float) -> list[object]:
        self.obeys = time.monotonic() - self.began_s > self.obeys_after_s
        if self.obeys:
            self.job = None  # type: ignore[assignment]
        return []


@pytest.mark.parametrize(("obeys_after_s", "answers"), [(2.0, True), (60.0, False)])
def test_a_worker_without_a_processor_has_longer_to_obey_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch, obeys_after_s: float, answers: bool
) -> None:
    monkeypatch.setattr("shaketable.explore.pool.pool._HANDING_IN_S", 3.0)
    pool = Pool([], 1, lambda _: None)
    starved = Starved(obeys_after_s)
    pool._workers.append(starved)  # type: ignore[arg-type]
    monkeypatch.setattr(pool, "_selector", SimpleNamespace(select=starved.answer, close=lambda: None))
    list(pool.last_answers())
    assert (starved.job is None) is answers
    assert time.monotonic() - starved.began_s < 5


@pytest.mark.parametrize(("waited_s", "silent"), [(0.0, True), (30.0, False), (8.0, True)])
def test_time_in_which_a_worker_waits_for_a_processor_is_no_silence(
    monkeypatch: pytest.MonkeyPatch, waited_s: float, silent: bool
) -> None:
    worker = WorkerProcess()
    try:
        monkeypatch.setattr(worker, "waited_s", lambda: 0.0)
        worker.heard()
        monkeypatch.setattr(worker, "waited_s", lambda: waited_s)
        heard_s = time.monotonic()
        monkeypatch.setattr("shaketable.explore.pool.worker_process.time.monotonic", lambda: heard_s + 70)
        assert worker.is_silent(60) is silent
    finally:
        monkeypatch.undo()
        worker.end()


ORPHAN = """
import sys
sys.path[:0] = sys.argv[1:]
from test_workers import certify
from shaketable.explore.pool.independent_jobs import run_jobs
for result in run_jobs([certify("spin", 10**6), certify("sound", 10**6)], workers=2, progress=lambda p: print(p.subject, p.runs, flush=True)):
    pass
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="children are read from /proc")
def test_workers_die_with_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(HERE), str(HERE.parents[2])], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    while b"sound 1\n" not in (line := parent.stdout.readline()):
        assert line, "the parent ended by itself"
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
    assert len(children) == 2
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    give_up_s = time.monotonic() + 5
    while any(_runs(int(pid)) for pid in children):
        assert time.monotonic() < give_up_s, "a worker outlived its parent"
        os.sched_yield()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_jobs_are_plain_data() -> None:
    job = certify("lost")
    assert decode_job(encode(job)) == job


@pytest.mark.parametrize("path", ["json", "json:nothing", "no_such:thing", "math:pi", ":x"])
def test_a_path_that_names_no_function_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match=r"no package\.module:function|not a function"):
        resolve(path)
