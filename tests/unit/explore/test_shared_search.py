"""One search by several workers: what they make adds up, is split exactly, stops together, and leaves nobody behind."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from shaketable.explore.budget import Budget
from shaketable.explore.judge.evidence_floor import RUNS_MIN
from shaketable.explore.pool.coordinator import certify_shared
from shaketable.explore.pool.jobs import Certified, Certify, Explore, Explored, Failed, Loader, Result
from shaketable.explore.pool.pool import Pool
from shaketable.explore.progress import Progress
from shaketable.schedule import Do, Wait
from shaketable.verdict import Verdict
from tests.machine_pace import allowed_s

LOADER = Loader("counter_subject:subject_by_name", "counter_subject:world_for", "processes")
LOST = (Do("arm"), Wait(1_000), Do("add", {"amount": 3}))


def judged(
    name: str,
    budget: Budget,
    *,
    sets: int = 3,
    seed: int = 0,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Result:
    jobs = [Certify(f"counter/{name}", LOADER, budget, seed)]
    (result,) = certify_shared(jobs, sets, progress=progress, stop=stop)
    return result


def certified(name: str, budget: Budget, **asked: int) -> Certified:
    result = judged(name, budget, **asked)
    assert isinstance(result, Certified), result
    return result


@pytest.mark.parametrize(("runs", "sets"), [(31, 3), (2, 3), (40, 2)])
def test_whoever_asks_for_so_many_runs_gets_exactly_those(runs: int, sets: int) -> None:
    result = certified("sound", Budget(runs=runs), sets=sets).examined.result
    assert result.spent.runs == runs
    assert result.verdict is (Verdict.CERTIFIED if runs >= RUNS_MIN else Verdict.UNKNOWN)
    assert result.servers is not None
    assert len(set(result.servers.seeds)) == min(runs, sets)


def test_each_set_draws_from_a_seed_of_its_own_and_the_first_from_the_one_given() -> None:
    budget = Budget(runs=6)
    first, again, other = (
        certified("sound", budget, seed=seed, sets=2).examined.result for seed in (7, 7, 8)
    )
    assert first.servers == again.servers
    assert first.servers is not None
    assert other.servers is not None
    assert first.servers.seeds[0] == 7
    assert not set(first.servers.seeds) & set(other.servers.seeds)


def test_what_one_set_finds_is_shrunk_once_and_replayed() -> None:
    told: list[Progress] = []
    result = judged("lost", Budget(runs=150), progress=told.append)
    assert isinstance(result, Certified)
    (example,) = result.examined.result.promises[0].counterexamples
    assert example.schedule.steps == LOST
    assert (example.reproduced, example.replays) == (5, 5)
    assert result.examined.histories[example.file][example.finding.witness[0]].kind == "effect"
    assert result.examined.result.spent.shrink_executions == example.executions > 0
    assert [p.stage for p in told][:2] == ["calibrating", "searching"]
    assert told[-1].stage == "done"
    assert {p.sets for p in told} == {3}


def test_a_search_for_what_is_known_ends_when_any_set_has_found_it() -> None:
    result = certified("lost", Budget(seconds=50, until_expected=True)).examined.result
    assert result.spent.seconds < 30
    assert result.as_expected


@pytest.mark.parametrize("word", ["end_exploring", "ask_to_stop"])
def test_who_is_told_before_it_has_begun_hears_it_all_the_same(word: str) -> None:
    job = Explore("counter/sound", LOADER, Budget(runs=10**6), 0, leads=False)
    pool = Pool([job], 1, lambda _: None)
    pool.fill()
    getattr(pool, word)()
    give_up_s = time.monotonic() + 20
    while pool.busy and time.monotonic() < give_up_s:
        assert all(isinstance(said, Explored) for said in pool.listen())
    busy = pool.busy
    pool.close()
    assert not busy


def test_one_budget_of_time_is_for_all() -> None:
    result = certified("sound", Budget(seconds=2.5)).examined.result
    assert result.spent.seconds < 8
    assert result.spent.runs > 3


def test_a_profile_that_does_not_fit_is_said_and_no_run_counts() -> None:
    result = certified("misdeclared", Budget(runs=30)).examined.result
    assert result.calibration == ("adding 1 gives 1, the profile declares 2",)
    assert result.spent.runs == 0
    assert result.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("name", "reason"),
    [("crash", "its worker process exited with 9"), ("raise", "RuntimeError: the adapter is wrong")],
)
def test_a_worker_that_dies_or_fails_is_a_fault_for_its_subject_and_no_other(name: str, reason: str) -> None:
    jobs = [Certify(f"counter/{name}", LOADER, Budget(runs=60)) for name in (name, "sound")]
    failed, sound = certify_shared(jobs, 2)
    assert isinstance(failed, Failed)
    assert failed.reason == reason
    assert isinstance(sound, Certified)


def test_a_fault_of_a_worker_takes_back_nothing_that_was_found() -> None:
    examined = certified("lost-server", Budget(runs=60), sets=2).examined
    assert examined.fault == "HarnessError: a server is gone"
    assert "Traceback" in examined.fault_detail
    assert [p.verdict for p in examined.result.promises] == [Verdict.VIOLATED, Verdict.UNKNOWN]
    assert examined.result.promises[0].counterexamples


def test_a_subject_that_cannot_be_loaded_is_a_usage_error() -> None:
    job = Certify("x", Loader("no_such_module:f", "counter_subject:world_for", "processes"), Budget(runs=1))
    (result,) = certify_shared([job], 2)
    assert isinstance(result, Failed)
    assert result.usage


def test_being_stopped_keeps_what_every_set_has_made_and_takes_under_two_seconds() -> None:
    seen: list[Progress] = []
    asked_s: list[float] = []

    def stop() -> bool:
        if not asked_s and seen and seen[-1].runs > 40 and seen[-1].found:
            asked_s.append(time.monotonic())
        return bool(asked_s)

    result = judged("lost", Budget(runs=10**6), progress=seen.append, stop=stop)
    took_s = time.monotonic() - asked_s[0]
    assert took_s < allowed_s(2)
    assert isinstance(result, Certified)
    assert result.examined.interrupted
    assert result.examined.result.spent.runs > 40
    (example,) = result.examined.result.promises[0].counterexamples
    assert (example.reproduced, example.replays) == (0, 0)
    assert result.examined.histories[example.file]


def test_one_that_hangs_when_all_are_stopped_does_not_hold_up_the_others() -> None:
    began_s = time.monotonic()
    result = judged("spin", Budget(runs=10**6), sets=2, stop=lambda: time.monotonic() - began_s > 3)
    took_s = time.monotonic() - began_s
    assert took_s < 3 + allowed_s(2)
    assert isinstance(result, Certified)
    assert result.examined.interrupted
