"""Faults at the points of a component: what each says of itself, how it is shrunk, and that each is drawn."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from shaketable.errors import FileFormatError, UsageError
from shaketable.explore.generate.fault_options import DEFAULT_FAULT_OPTIONS
from shaketable.explore.generate.point_fault_rules import drawn_at_points
from shaketable.explore.shrink.shrinker import shrink
from shaketable.faults.points import (
    POINT_FAULT_TYPES,
    AnyPointFault,
    PointCancel,
    PointCrash,
    PointDelay,
    PointFail,
    PointFault,
    PointLoss,
    point_fault_name,
)
from shaketable.report.schedule_file import load
from shaketable.report.story.fault_words import step_words
from shaketable.runner import execute
from shaketable.schedule import AtPoint, Do, Schedule, Step, Wait, dumps
from shaketable.sim.world import SimWorld
from shaketable_patterns.catalogue import order_subjects

SAMPLES: tuple[AnyPointFault, ...] = (
    PointFail(error="OSError"),
    PointLoss(timeout_ms=2_000),
    PointDelay(for_ms=20),
    PointCancel(),
    PointCrash(),
)
each = pytest.mark.parametrize("fault", SAMPLES, ids=point_fault_name)


def start(call: int) -> Do:
    return Do("start", {"call": call})


def test_there_is_a_sample_of_every_type_that_is_written() -> None:
    assert set(PointFault.__subclasses__()) == set(POINT_FAULT_TYPES) == {type(fault) for fault in SAMPLES}


@each
def test_its_words_say_every_field(fault: AnyPointFault) -> None:
    told = step_words(AtPoint("store.reply", fault))
    assert told.endswith(" when store.reply is reached")
    assert "{" not in told
    assert all(f"{{{field}}}" in fault.words for field in fault.__struct_fields__)


def test_two_types_never_say_the_same() -> None:
    assert len({step_words(AtPoint("p", fault)) for fault in SAMPLES}) == len(SAMPLES)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (
            AtPoint("p", PointLoss(timeout_ms=1_500)),
            "lose the message and time out after 1.5 s when p is reached",
        ),
        (AtPoint("p", PointCancel(), call=3), "cancel the call when call 3 reaches p"),
        (AtPoint("p", PointCrash(), n=2), "cut the power when p is reached for the 2nd time"),
        (
            AtPoint("p", PointFail(), call=3, n=13),
            "raise ConnectionError when call 3 reaches p for the 13th time",
        ),
    ],
)
def test_a_step_says_what_happens_to_which_call_at_which_time(step: AtPoint, told: str) -> None:
    assert step_words(step) == told


@each
def test_what_is_plainer_comes_earlier_among_the_types(fault: AnyPointFault) -> None:
    places = [POINT_FAULT_TYPES.index(type(one)) for one in fault.plainer()]
    assert places == sorted(places)
    assert all(place < POINT_FAULT_TYPES.index(type(fault)) for place in places) or isinstance(
        fault, PointFail
    )
    assert fault not in fault.plainer()


def test_every_type_is_drawn() -> None:
    drawn = drawn_at_points(DEFAULT_FAULT_OPTIONS)
    assert list(drawn) == list(POINT_FAULT_TYPES)
    assert all(options and {type(one) for one in options} == {kind} for kind, options in drawn.items())


@pytest.mark.parametrize(
    "bad",
    [
        '{"step": "at_point", "point": "p", "fault": {"fault": "delay"}}',
        '{"step": "at_point", "point": "p", "fault": {"fault": "delay", "for_ms": 0}}',
        '{"step": "at_point", "point": "p", "fault": {"fault": "lose", "timeout_ms": -1}}',
        '{"step": "at_point", "point": "p", "fault": {"fault": "fail"}, "n": 0}',
        '{"step": "at_point", "point": "p", "fault": {"fault": "drop"}}',
        '{"step": "at_point", "fault": {"fault": "fail"}}',
    ],
)
def test_a_step_that_says_too_little_or_the_impossible_is_refused(bad: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(bad, type=Step)


def shown(steps: tuple[Step, ...]) -> list[AtPoint]:
    return [step for step in steps if isinstance(step, AtPoint)]


def test_a_plainer_fault_a_lower_number_and_a_shorter_time_are_preferred() -> None:
    given = Schedule("mine", (start(7), AtPoint("p", PointCrash(), call=9, n=3), start(9), Wait(5)))
    shrunk = shrink(given, lambda s: any(start(step.call or 0) in s.steps for step in shown(s.steps)))
    assert shrunk.schedule.steps == (AtPoint("p", PointFail(), call=1), start(1))


def test_a_fault_that_is_needed_stays_and_its_time_gets_short() -> None:
    given = Schedule("mine", (AtPoint("p", PointDelay(for_ms=3_000)), start(1)))
    shrunk = shrink(given, lambda s: any(isinstance(step.fault, PointDelay) for step in shown(s.steps)))
    assert shrunk.schedule.steps == (AtPoint("p", PointDelay(for_ms=1)),)


def test_an_error_of_its_own_is_kept_only_where_it_matters() -> None:
    given = Schedule("mine", (AtPoint("p", PointFail(error="OSError")),))
    assert shown(shrink(given, lambda s: bool(shown(s.steps))).schedule.steps) == [AtPoint("p", PointFail())]
    kept = shrink(given, lambda s: any(step.fault == PointFail(error="OSError") for step in shown(s.steps)))
    assert kept.schedule == given


def test_the_calls_of_faults_are_renumbered_with_the_calls() -> None:
    given = Schedule("mine", (start(5), AtPoint("p", PointFail(), call=8), start(8)))

    def shows(candidate: Schedule) -> bool:
        calls = {step.value["call"] for step in candidate.steps if isinstance(step, Do)}
        return (
            len(calls) == 2
            and all(step.call in calls for step in shown(candidate.steps))
            and bool(shown(candidate.steps))
        )

    assert shrink(given, shows).schedule.steps == (start(1), AtPoint("p", PointFail(), call=2), start(2))


def test_a_method_that_looks_like_an_id_keeps_its_name() -> None:
    step = Do("start", {"call": 4, "method": "take2", "key": "k7"})
    shrunk = shrink(Schedule("mine", (step, Do("cancel", {"call": 4}))), lambda s: len(s.steps) == 2)
    assert shrunk.schedule.steps[0] == Do("start", {"call": 1, "method": "take2", "key": "k1"})


def test_a_system_has_no_fault_points() -> None:
    subject = next(one for one in order_subjects() if one.name == "order-saga/hardened")
    with pytest.raises(UsageError, match="a system has boundaries and no fault point 'p'"):
        execute(SimWorld(), subject, Schedule(subject.name, (AtPoint("p", PointFail()),)))


@pytest.mark.parametrize("fault", [PointDelay(for_ms=90_000_000), PointLoss(timeout_ms=90_000_000)])
def test_a_file_whose_faults_span_more_than_a_day_is_refused(tmp_path: Path, fault: AnyPointFault) -> None:
    file = tmp_path / "long.json"
    file.write_bytes(dumps(Schedule("mine", (AtPoint("p", fault), start(1)))))
    with pytest.raises(FileFormatError, match="a schedule spans at most"):
        load(file)
