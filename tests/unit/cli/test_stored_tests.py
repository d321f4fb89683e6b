"""A counterexample that is kept as a test must not pass for the wrong reason."""

import msgspec
import pytest

from shaketable import parse_schedule, replay, subject_named
from shaketable.explore.check import PromiseBroken
from shaketable.fault import Drop
from shaketable.orders.deviation import Deviation
from shaketable.report.pytest_file import source
from shaketable.schedule import Do, Expected, Inject, Schedule, Wait, dumps
from shaketable.testing import StaleSchedule
from tests.mutants.orders.rows import lost_update
from tests.mutants.orders.stored import stored as stored_orders

ORDER = {"order": "o1", "item": "pear", "quantity": 1, "amount": 1, "key": "k1"}
NOWHERE = Inject(Drop(at="payment>kafka PRODUCE payment-events/zzz #1", leg="request"))
SOMEWHERE = Inject(Drop(at="payment>provider POST /charges #1", leg="reply"))

pytest_plugins = ["pytester"]
ORDERED = stored_orders()
LISTED = "order-saga/as-listed"


def stored(*steps, promise="SG-1", anomaly="money-kept"):
    return Schedule(LISTED, steps, 0, Expected(promise, anomaly))


def fails(schedule):
    with pytest.raises(StaleSchedule) as raised:
        replay(parse_schedule(dumps(schedule)), subject_named(schedule.subject))
    assert len(str(raised.value).splitlines()) == 1
    return str(raised.value)


def test_a_fault_that_never_lands_fails_the_test():
    assert "payment-events/zzz #1" in fails(stored(NOWHERE, Do("place", ORDER)))


def test_one_of_two_faults_that_never_lands_fails_it_too():
    assert "payment-events/zzz #1" in fails(
        stored(SOMEWHERE, NOWHERE, Do("place", ORDER), promise="SG-5", anomaly="stranded-saga")
    )


def test_an_order_that_no_deviation_makes_any_more_fails_the_test():
    waits = Deviation("payment>postgres SELECT nothing #1", "request", None, 20)
    calm = msgspec.structs.replace(stored(Do("place", ORDER)), subject="order-saga/hardened")
    assert "SELECT nothing #1" in fails(calm.with_deviations([waits]))
    late = Deviation("payment>provider POST /charges #1", "reply", None, 20)
    schedule = calm.with_deviations([waits, late])
    replay(schedule, subject_named(schedule.subject))


def test_an_anomaly_that_the_pattern_does_not_know_fails_the_test():
    told = fails(stored(Do("place", ORDER), anomaly="money-burnt"))
    assert "SG-1 money-burnt, which its pattern does not know" in told
    fails(stored(Do("place", ORDER), promise="SG-99"))


def test_a_run_in_which_no_op_completes_fails_the_test():
    assert "no op completed" in fails(stored(Wait(10)))
    fails(msgspec.structs.replace(stored(Wait(10)), expected=None))


def test_a_mended_subject_passes_with_every_fault_landed():
    schedule = msgspec.structs.replace(stored(SOMEWHERE, Do("place", ORDER)), subject="order-saga/hardened")
    replay(schedule, subject_named(schedule.subject))


def test_the_file_that_replay_writes_fails_under_pytest(pytester):
    pytester.makepyfile(test_kept=source(stored(NOWHERE, Do("place", ORDER))))
    done = pytester.runpytest_subprocess("-q")
    assert done.ret == 1
    done.stdout.fnmatch_lines(
        ["*StaleSchedule: order-saga/as-listed: the schedule's fault never landed: drop*"]
    )


def test_a_test_that_needs_an_order_keeps_what_was_read_and_written_for_its_story():
    with pytest.raises(PromiseBroken) as raised:
        replay(ORDERED["lost-update"], lost_update())
    assert raised.value.history.accesses
