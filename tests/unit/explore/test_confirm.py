"""Rates with honest intervals, and what may be concluded from replays on another world."""

import pytest

from shaketable.confidence_interval import wilson
from shaketable.errors import UsageError
from shaketable.explore.confirm import confirm
from shaketable.schedule import Do, Expected, Schedule, Wait
from tests.unit.explore.counter_subject import SUM, ToyWorld, counter

LOSING = (Do("arm"), Wait(1_000), Do("add", {"amount": 3}))


class Limited(ToyWorld):
    def cannot_show(self, subject, history):
        return f"it cannot tell about {subject.name}"


def confirmed(defect, world=None, steps=LOSING, **how):
    schedule = Schedule("counter", steps, expected=Expected(SUM.id, "lost add"))
    return confirm(world or ToyWorld(), counter(defect), schedule, times=3, **how)


@pytest.mark.parametrize(
    ("successes", "runs", "low", "high"),
    [(10, 10, 0.722, 1.0), (9, 10, 0.596, 0.982), (0, 10, 0.0, 0.278), (50, 100, 0.404, 0.596)],
)
def test_the_interval_is_wilsons(successes, runs, low, high):
    interval = wilson(successes, runs)
    assert interval.low == pytest.approx(low, abs=0.001)
    assert interval.high == pytest.approx(high, abs=0.001)


def test_no_run_says_nothing():
    assert wilson(0, 0).low == 0
    assert wilson(0, 0).high == 1


def test_what_shows_is_confirmed_however_unlikely_it_was():
    said = confirmed("lost", Limited(), unlikely="it hangs on exact timing")
    assert (said.outcome, said.reproduced, said.runs, said.reason) == ("confirmed", 3, 3, "")


def test_what_never_shows_is_refuted():
    said = confirmed("")
    assert (said.outcome, said.reproduced, said.runs) == ("refuted", 0, 3)


def test_what_never_shows_where_the_world_cannot_tell_is_unknown():
    said = confirmed("", Limited())
    assert (said.outcome, said.reason) == ("unknown", "3 of 3 runs: it cannot tell about counter/sound")


def test_what_never_shows_and_hangs_on_timing_is_unknown():
    said = confirmed("", unlikely="it hangs on exact timing")
    assert (said.outcome, said.reason) == ("unknown", "3 of 3 runs: it hangs on exact timing")


def test_runs_that_are_no_evidence_refute_nothing():
    said = confirmed("", steps=(Do("arm"),))
    assert (said.outcome, said.reason) == ("unknown", "3 of 3 runs: no op completed")


def test_being_told_to_stop_refutes_nothing():
    asked = iter([False, True])
    said = confirmed("", stop=lambda: next(asked))
    assert (said.outcome, said.runs, said.reason) == ("unknown", 1, "interrupted after 1 of 3 runs")


def test_a_schedule_that_expects_nothing_is_a_usage_error():
    with pytest.raises(UsageError):
        confirm(ToyWorld(), counter(), Schedule("counter", LOSING), times=1)
