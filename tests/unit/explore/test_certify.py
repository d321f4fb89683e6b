"""Certification of a subject whose defects are known."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from counter_subject import ENDS, SUM, SumChecker, ToySession, ToyWorld, counter

from shaketable.errors import HarnessError, NonDeterminism
from shaketable.explore.budget import Budget
from shaketable.explore.certify import Examined, certify_subject
from shaketable.explore.check import PromiseBroken, check
from shaketable.explore.progress import Progress
from shaketable.schedule import Do, Expected, Wait
from shaketable.subject import Expectation, Subject
from shaketable.verdict import Verdict


def certify(subject: Subject, runs: int = 80, seed: int = 0, world: ToyWorld | None = None) -> Examined:
    return certify_subject(subject, world or ToyWorld(), Budget(runs=runs), seed, now_s=lambda: 0.0)


def encoded(examined: Examined) -> bytes:
    return msgspec.json.encode(examined)


def test_a_sound_subject_is_certified() -> None:
    result = certify(counter()).result
    assert result.verdict is Verdict.CERTIFIED
    assert result.as_expected
    assert result.spent.runs == 80
    assert all(p.exercised > 0 and p.runs > 30 for p in result.promises)
    assert result.boundaries == ("client>counter ADD #1",)
    assert set(result.transitions) == {"armed -> idle", "idle -> armed"}


def test_a_planted_defect_is_found_shrunk_and_shown_again() -> None:
    examined = certify(counter("lost"))
    (example,) = examined.result.promises[0].counterexamples
    arm, wait, add = example.schedule.steps
    assert (arm, wait) == (Do("arm"), Wait(1_000))
    assert add == Do("add", {"amount": 3})
    assert example.schedule.expected == Expected(SUM.id, "lost add")
    assert (example.reproduced, example.replays) == (3, 3)
    assert example.steps_before > 3
    assert examined.result.promises[0].verdict is Verdict.VIOLATED
    assert examined.result.as_expected
    history = examined.histories[example.file]
    assert history[example.finding.witness[0]].kind == "effect"


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert encoded(certify(counter("lost"))) == encoded(certify(counter("lost")))


def test_another_seed_tries_something_else() -> None:
    one, other = certify(counter(), seed=1).result, certify(counter(), seed=2).result
    assert one.spent != other.spent


def test_ci_neither_derandomises_nor_changes_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = certify(counter("lost"))
    monkeypatch.setenv("CI", "true")
    under_ci = certify(counter("lost"))
    other_seed = certify(counter("lost"), seed=5)
    assert encoded(plain) == encoded(under_ci)
    assert under_ci.result.spent != other_seed.result.spent


def test_a_profile_that_does_not_fit_makes_everything_unknown() -> None:
    world = ToyWorld()
    result = certify(counter("lost", first_add=2), world=world).result
    assert result.calibration == ("adding 1 gives 1, the profile declares 2",)
    assert [p.verdict for p in result.promises] == [Verdict.UNKNOWN, Verdict.UNKNOWN]
    assert "does not fit" in result.promises[0].reason
    assert result.promises[0].reason_kind == "calibration"
    assert result.spent.runs == 0
    assert not result.as_expected
    assert world.opened == 1


def test_without_evidence_a_promise_is_unknown() -> None:
    result = certify(counter(checker=SumChecker(blind=True)), runs=20).result
    assert [p.verdict for p in result.promises] == [Verdict.UNKNOWN, Verdict.UNKNOWN]
    assert result.promises[0].reason.startswith("never exercised in ")
    assert result.promises[0].reason_kind == "never-exercised"
    assert not result.as_expected


def test_a_checker_that_fails_makes_its_promises_unknown() -> None:
    result = certify(counter(checker=SumChecker(broken=True)), runs=20).result
    assert [p.verdict for p in result.promises] == [Verdict.UNKNOWN, Verdict.UNKNOWN]
    assert result.promises[0].reason == "the checker failed: ValueError: no such key"
    assert result.promises[0].reason_kind == "checker-failed"


def test_a_run_that_never_becomes_quiet_says_nothing_of_liveness() -> None:
    result = certify(counter(), runs=40, world=ToyWorld(quiet=False)).result
    by_id = {p.id: p for p in result.promises}
    assert by_id[SUM.id].verdict is Verdict.CERTIFIED
    assert by_id[ENDS.id].verdict is Verdict.UNKNOWN
    assert by_id[ENDS.id].reason == "never became quiet"
    assert sum(result.unknown_runs.values()) == 40


class Restless(ToyWorld):
    """One run in ten never becomes quiet."""

    def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> ToySession:
        session = super().open(subject, seed=seed, trace=trace)
        return ToySession(subject, seed, quiet=False) if self.opened % 10 == 9 else session


def test_liveness_is_not_certified_while_some_runs_never_become_quiet() -> None:
    result = certify(counter(), runs=40, world=Restless()).result
    by_id = {p.id: p for p in result.promises}
    assert by_id[SUM.id].verdict is Verdict.CERTIFIED
    assert by_id[ENDS.id].verdict is Verdict.UNKNOWN
    assert "of 40 runs never became quiet after everything healed" in by_id[ENDS.id].reason
    assert by_id[ENDS.id].reason.endswith("look for requests that are sent again and again")


def test_what_must_break_and_does_not_is_a_surprise() -> None:
    subject = replace(counter(), expects=Expectation({SUM.id: ("lost add",)}))
    result = certify(subject, runs=30).result
    assert result.surprises == ("CT-1: lost add was expected and not found",)


def test_what_may_not_break_and_does_is_a_surprise() -> None:
    result = certify(counter("double")).result
    assert result.surprises == ("CT-1: double add was not expected",)


def test_a_consequence_may_break_without_surprise() -> None:
    subject = replace(counter("double"), expects=Expectation(may_break=frozenset({SUM.id})))
    assert certify(subject).result.as_expected


def test_another_level_than_expected_is_a_surprise() -> None:
    subject = replace(counter("lost"), expects=Expectation({SUM.id: ("lost add",)}, {SUM.id: "LIMIT"}))
    assert certify(subject).result.surprises == ("CT-1: LIMIT was expected, found VIOLATION",)


def test_stop_keeps_what_was_found() -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 60

    examined = certify_subject(
        counter("lost"), ToyWorld(), Budget(runs=100_000), 0, now_s=lambda: 0.0, stop=stop
    )
    assert examined.interrupted
    assert 10 < examined.result.spent.runs <= 60
    assert examined.result.promises[0].verdict is Verdict.VIOLATED
    assert examined.result.promises[0].counterexamples[0].executions == 0


def test_a_budget_of_seconds_ends_by_the_given_clock() -> None:
    now = 0.0

    def now_s() -> float:
        nonlocal now
        now += 0.01
        return now

    result = certify_subject(counter(), ToyWorld(), Budget(seconds=0.5), 0, now_s=now_s).result
    assert 10 < result.spent.runs < 50


def test_a_search_may_end_once_all_that_is_expected_was_found() -> None:
    budget = Budget(runs=5_000, until_expected=True)
    result = certify_subject(counter("lost"), ToyWorld(), budget, 0, now_s=lambda: 0.0).result
    assert result.spent.runs < 500
    assert result.as_expected
    ends = result.promises[1]
    assert ends.verdict is Verdict.UNKNOWN
    assert ends.reason_kind == "ended-early"
    assert ends.reason == f"the search ended after {result.spent.runs} runs, when what was expected was found"


def test_ops_are_counted_by_how_they_ended() -> None:
    spent = certify(counter(), runs=10).result.spent
    assert spent.ops == spent.ops_ok > 0
    assert spent.ops_refused == 0


def test_progress_is_told_from_calibration_to_the_end() -> None:
    told: list[Progress] = []
    certify_subject(counter("lost"), ToyWorld(), Budget(runs=60), 0, now_s=lambda: 0.0, progress=told.append)
    stages = [p.stage for p in told]
    assert stages[0] == "calibrating"
    assert stages[-1] == "done"
    assert list(dict.fromkeys(stages)) == ["calibrating", "searching", "shrinking", "done"]
    assert told[-1].found == ("CT-1: lost add",)


def test_a_wrong_adapter_is_no_finding() -> None:
    with pytest.raises(RuntimeError, match="the adapter is wrong") as caught:
        certify(counter("raise"))
    assert '"shaketable/schedule"' in caught.value.__notes__[0]


def test_a_subject_that_differs_between_runs_is_refused() -> None:
    made = 0

    def moody(context: object) -> object:
        nonlocal made
        made += 1
        return counter("double" if made % 2 else "lost").target.open(context)  # type: ignore[union-attr]

    subject = counter()
    odd = replace(
        subject,
        target=replace(subject.target, open=moody),  # type: ignore[arg-type]
        pattern=replace(
            subject.pattern,
            workload=lambda s: replace_steps(subject),
            calibrate=lambda s, execute: [],
        ),
    )
    with pytest.raises(NonDeterminism, match="first: "):
        certify(odd)


def replace_steps(subject: Subject) -> object:
    return msgspec.structs.replace(subject.pattern.workload(subject), steps=(Do("add", {"amount": 7}),))


def test_results_travel_as_json() -> None:
    examined = certify(counter("lost"))
    assert msgspec.json.decode(encoded(examined), type=Examined) == examined


@pytest.mark.parametrize("wrong", [{}, {"runs": 0}, {"seconds": 0.0}])
def test_a_budget_of_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="budget"):
        Budget(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("left", [0, 1, 20])
def test_a_fault_of_the_harness_takes_back_nothing_that_was_found(left: int) -> None:
    searched = ToyWorld()
    certify_subject(counter(), searched, Budget(runs=80), now_s=lambda: 0.0)
    examined = certify(counter("lost"), world=ToyWorld(opens_max=searched.opened + left))
    assert examined.fault == "HarnessError: a server is gone"
    assert "Traceback" in examined.fault_detail
    broken, other = examined.result.promises
    (example,) = broken.counterexamples
    assert broken.verdict is Verdict.VIOLATED
    assert (example.steps_before, example.replays) == (len(example.schedule.steps), 0)
    assert examined.histories[example.file][example.finding.witness[0]].kind == "effect"
    assert (other.verdict, other.reason_kind) == (Verdict.UNKNOWN, "harness-fault")
    assert "a server is gone" in other.reason


def test_a_fault_of_the_harness_before_anything_was_found_is_raised() -> None:
    with pytest.raises(HarnessError, match="a server is gone"):
        certify(counter(), world=ToyWorld(opens_max=9))


def test_a_test_that_cannot_shrink_for_a_fault_fails_with_what_was_found() -> None:
    whole = ToyWorld()
    with pytest.raises(PromiseBroken) as shrunk:
        check(counter("lost"), whole)
    searched = whole.opened - shrunk.value.executions - 1  # it is run once more in the end
    with pytest.raises(PromiseBroken) as broken:
        check(counter("lost"), ToyWorld(opens_max=searched))
    assert broken.value.schedule.steps == broken.value.found.steps
    assert broken.value.__notes__ == [
        "not shrunk, for a run of the harness failed: HarnessError: a server is gone"
    ]
