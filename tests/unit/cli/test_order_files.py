"""Schedule files whose deviations or policy are wrong: one line and exit 2, or a run that says what of them changed nothing."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from shaketable.cli import main

SPEC = "tests.mutants.orders.rows:lost_update"
READS = {"at": "stock>postgres SELECT stock #1", "leg": "request"}
ASKED = {"at": "client>stock POST /take #2", "leg": "request"}
LATE = READS | {"until": ASKED}
STEPS = [
    {"step": "do", "f": "take", "value": {"id": "t1"}},
    {"step": "wait", "ms": 40},
    {"step": "do", "f": "take", "value": {"id": "t2"}},
]


def replayed(folder: Path, subject: str = "order-defect/lost-update-planted", **given: object):
    path = folder / "schedule.json"
    schedule = {"subject": subject, "steps": STEPS if "order-defect" in subject else [], **given}
    path.write_text(json.dumps({"format": "shaketable/schedule", "version": 1, "schedule": schedule}))
    began_s = time.process_time()
    done = CliRunner().invoke(main, ["replay", str(path), "--subject", SPEC])
    assert time.process_time() - began_s < 2
    assert "Traceback" not in done.output
    return done


POLICIES = {
    "a depth of a thousand million": {"depth": 10**9},
    "no depth": {"depth": 0},
    "fewer events than none": {"name": "mutating", "events": -1},
    "more events than any number of a machine": {"events": 10**300},
    "threads without end": {"name": "surw", "object": "postgres stock", "threads": {"stock": 10**9}},
    "fewer arrivals of a thread than none": {"name": "surw", "threads": {"stock": -3}},
}


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_policy_of_what_no_run_can_have_is_refused(tmp_path, policy):
    done = replayed(tmp_path, policy={"name": "pct", "seed": -5} | policy)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert "must be" in done.stderr


@pytest.mark.parametrize("threads", [{}, {"stock": 1_000_000, "client": 1_000_000}])
def test_a_policy_at_an_object_that_there_is_not_is_run(tmp_path, threads):
    policy = {"name": "surw", "seed": 10**30, "object": "nothing", "threads": threads}
    assert replayed(tmp_path, policy=policy).exit_code in (0, 1)


def test_an_arrival_that_is_late_twice_is_refused(tmp_path):
    done = replayed(tmp_path, deviations=[LATE, READS | {"late_ms": 3}])
    assert done.exit_code == 2
    assert "has two deviations for the request of stock>postgres SELECT stock #1" in done.stderr


def test_two_that_wait_for_each_other_end_with_the_slack(tmp_path):
    done = replayed(tmp_path, deviations=[LATE, ASKED | {"until": READS}])
    assert done.exit_code in (0, 1)


@pytest.mark.parametrize("number", [1, 20_000])
def test_deviations_that_change_nothing_are_told_in_one_line_and_are_not_in_the_story(tmp_path, number):
    idle = [{"at": f"stock>nowhere GET #{n}", "leg": "reply", "late_ms": 9} for n in range(1, number + 1)]
    done = replayed(tmp_path, deviations=[LATE, *idle])
    assert done.exit_code == 1
    assert (
        f"{number} of {number + 1} deviations changed nothing, the first: the reply of stock>nowhere"
        in done.stderr
    )
    assert "waits until the request of client>stock POST /take #2" in done.stdout
    assert "nowhere" not in done.stdout


def test_a_component_has_no_messages_that_could_be_late(tmp_path):
    done = replayed(tmp_path, "breaker/hardened", deviations=[LATE])
    assert done.exit_code == 0
    assert "1 of 1 deviations changed nothing" in done.stderr
