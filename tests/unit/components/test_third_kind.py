"""A third kind of component needs no change of the harness: it is driven, drawn, judged, shrunk, stored and told."""

from __future__ import annotations

import ast
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import quota_kind
from quota_kind import (
    LIMIT,
    AsyncQuotas,
    GivesBackTheUnknown,
    InMemory,
    LooksThenTakes,
    Quotas,
    quota,
    subject,
)

import shaketable
from shaketable.components import kind
from shaketable.components.interface.interface import ENDINGS, Argument, Callback, Ending, Interface, Method
from shaketable.components.world import ComponentWorld
from shaketable.errors import HarnessError, UsageError
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.faults.points import PointCrash, PointDelay, PointFail, PointLoss
from shaketable.report.story.story import story_of
from shaketable.report.story.text import plain_story
from shaketable.runner import execute
from shaketable.schedule import AtPoint, Do, Schedule, Step, dumps, loads
from shaketable.subject import Subject

WORLD = ComponentWorld()


def take(call: int, key: str = "a", cost: int = 1) -> Do:
    return Do("start", {"call": call, "key": key, "cost": cost})


def shortest(of: Subject, anomaly: str = "over-quota") -> Schedule:
    result = certify_subject(of, WORLD, Budget(runs=120), 0, now_s=lambda: 0.0).result
    (promise,) = result.promises
    (example,) = promise.counterexamples
    assert example.finding.anomaly == anomaly
    return example.schedule


def test_it_is_written_with_public_names_alone() -> None:
    tree = ast.parse(Path(quota_kind.__file__).read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name for name in imported if name and name.startswith("shaketable")} == {"shaketable"}


@pytest.mark.parametrize(("make", "sync"), [(Quotas, True), (AsyncQuotas, False)])
def test_a_right_one_is_certified_with_faults_landed_at_its_points(
    make: Callable[..., object], sync: bool
) -> None:
    result = certify_subject(subject(make, sync=sync), WORLD, Budget(runs=150), 0, now_s=lambda: 0.0).result
    assert [p.verdict.name for p in result.promises] == ["CERTIFIED"]
    landed = {(one.place, one.fault) for one in result.landed}
    faults = ("fail", "lose", "delay", "cancel", "crash")
    assert landed == {(point, fault) for point in (quota_kind.REQUEST, quota_kind.REPLY) for fault in faults}


def test_what_is_only_in_memory_is_lost_with_the_power() -> None:
    steps = shortest(subject(InMemory)).steps
    assert [type(step) for step in steps].count(AtPoint) == 1
    assert any(isinstance(step, AtPoint) and step.fault == PointCrash() for step in steps)


def test_a_cost_that_is_given_back_unseen_is_given_twice() -> None:
    (fault,) = [s for s in shortest(subject(GivesBackTheUnknown)).steps if isinstance(s, AtPoint)]
    # Simplest: the store raises at once; that its message was lost shows the same.
    assert fault.fault in (PointFail(error="TimeoutError"), PointLoss(timeout_ms=1))
    assert (fault.point, fault.n) == (quota_kind.REQUEST, 1)


def test_two_calls_that_saw_the_same_need_a_delay() -> None:
    steps = shortest(subject(LooksThenTakes)).steps
    (fault,) = [step for step in steps if isinstance(step, AtPoint)]
    assert isinstance(fault.fault, PointDelay)
    assert fault.fault.for_ms == 1


STEPS: tuple[Step, ...] = (
    take(1, "a", LIMIT),
    AtPoint(quota_kind.REPLY, PointCrash(), call=2),
    take(2, "a", 2),
    take(3, "a", LIMIT),
)


def test_its_story_tells_methods_arguments_faults_and_readings_in_words() -> None:
    broken = subject(InMemory)
    schedule = Schedule(broken.name, STEPS)
    outcome = execute(WORLD, broken, schedule)
    (finding,) = outcome.judgements[0].findings
    story = plain_story(story_of(broken, schedule, outcome.history, finding))
    for line in (
        "start call 1 (key a, cost 5) → is answered true → quota has given {'a': 5}",
        "cut the power when call 2 reaches store.reply",
        "start call 2 (key a, cost 2)",
        "call 2 is lost with the power",
        "loses power",
        "is back",
        "the fault of step 2 lands: crash: call 2 was at store.reply",
        "start call 3 (key a, cost 5) → is answered true",
    ):
        assert line in story, story


def test_its_schedules_are_stored_and_read_and_old_files_still_are() -> None:
    faults = (PointFail(error="OSError"), PointLoss(timeout_ms=5), PointDelay(for_ms=7), PointCrash())
    armed = tuple(AtPoint("store.reply", fault, n=2) for fault in faults)
    schedule = Schedule("quota/mine", (*STEPS, *armed))
    assert loads(dumps(schedule)) == schedule
    assert b'"step": "at_point"' in dumps(schedule)
    plain = Schedule("quota/mine", (take(1),))
    assert b"at_point" not in dumps(plain)


def offered(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    point = EntryPoint(name, value, kind.GROUP)
    monkeypatch.setattr(kind, "entry_points", lambda group: [point])


def test_a_package_that_offers_it_makes_it_a_name_of_the_public_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offered(monkeypatch, "quota", "quota_kind:quota")
    try:
        assert shaketable.quota is quota  # type: ignore[attr-defined]
    finally:
        vars(shaketable).pop("quota", None)


@pytest.mark.parametrize(
    ("name", "value"), [("limiter", "quota_kind:quota"), ("quota", "quota_kind:subject")]
)
def test_what_is_no_kind_of_its_name_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    offered(monkeypatch, name, value)
    with pytest.raises(HarnessError, match=f"offered as the kind '{name}', is no Kind of that name"):
        getattr(shaketable, name)


def test_a_method_that_an_adapter_lacks_is_named() -> None:
    class Empty: ...

    with pytest.raises(HarnessError, match="Empty has no method take, which every quota needs"):
        execute(WORLD, subject(lambda _clock: Empty()), Schedule("quota/mine", (take(1),)))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"call": 1}, r"take takes the arguments \['cost', 'key'\], got \[\]"),
        ({"call": 1, "key": "a", "cost": 1, "more": 2}, r"got \['cost', 'key', 'more'\]"),
        ({"call": 1, "key": "a", "cost": "1"}, "take: cost must be int, got '1'"),
        ({"call": 1, "key": "a", "cost": True}, "take: cost must be int, got True"),
        ({"call": 1, "method": "give", "key": "a", "cost": 1}, "no method 'give' to call: it knows start"),
    ],
)
def test_a_start_that_does_not_fit_its_method_is_a_usage_error(value: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        execute(WORLD, subject(Quotas), Schedule("quota/mine", (Do("start", value),)))


def test_a_fault_that_never_landed_is_told_as_such() -> None:
    broken = subject(InMemory)
    schedule = Schedule(broken.name, (*STEPS, AtPoint("elsewhere", PointFail())))
    outcome = execute(WORLD, broken, schedule)
    (finding,) = outcome.judgements[0].findings
    story = plain_story(story_of(broken, schedule, outcome.history, finding))
    assert "raise ConnectionError when elsewhere is reached" in story
    assert "the fault of step 5 never landed" in story


def test_a_run_whose_only_fault_never_landed_is_no_evidence() -> None:
    schedule = Schedule("quota/mine", (AtPoint("elsewhere", PointFail()), take(1)))
    assert execute(WORLD, subject(Quotas), schedule).unknown == "no fault landed"


TAKE = Method("take", runs=False)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"methods": (TAKE, TAKE)}, "two of one name among"),
        ({"methods": ()}, "needs a method"),
        ({"endings": ()}, "first ending that raises nothing"),
        ({"endings": ENDINGS[1:]}, "first ending that raises nothing"),
        ({"endings": (*ENDINGS, Ending("cancelled", "be cancelled"))}, "two of one name among"),
        ({"callbacks": (Callback("finish", "on_finish"),)}, "two of one name among"),
        ({"methods": (Method("take", (Argument("call", int),)),)}, r"no argument may be called \['call'\]"),
    ],
)
def test_an_interface_that_contradicts_itself_is_a_usage_error(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Interface("odd", **changes)


def test_a_reading_that_is_none_is_the_adapters_fault() -> None:
    class Odd(Quotas):
        def used(self) -> dict[str, int]:
            return 7  # type: ignore[return-value]

    with pytest.raises(HarnessError, match=r"Odd\.used\(\) must return numbers by key, got 7"):
        execute(WORLD, subject(Odd), Schedule("quota/mine", (take(1),)))


@pytest.mark.parametrize("shown", [None, KeyError("b")])
def test_a_reading_of_nothing_or_an_error_is_the_adapters_fault_too(shown: Any) -> None:
    class Odd(Quotas):
        def used(self) -> dict[str, int]:
            if isinstance(shown, Exception):
                raise shown
            return shown  # type: ignore[no-any-return]

    with pytest.raises(
        HarnessError, match=r"Odd\.used\(\) must return numbers by key, (got None|and raised KeyError: 'b')"
    ):
        execute(WORLD, subject(Odd), Schedule("quota/mine", (take(1),)))


def test_a_reading_is_a_copy_of_what_the_adapter_may_change() -> None:
    class Shared(Quotas):
        def used(self) -> dict[str, int]:
            return self.store

    history = execute(WORLD, subject(Shared), Schedule("quota/mine", (take(1), take(2)))).history
    assert [e.value for e in history if e.kind == "state"][:2] == [{"a": 1}, {"a": 2}]
