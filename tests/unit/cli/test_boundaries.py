"""`shaketable boundaries`: a list from a run in which ops failed is not presented as complete."""

import json

import pytest
from click.testing import CliRunner

from shaketable.cli import boundaries, main
from shaketable.sim.world import SimWorld
from shaketable.subject import Completion, Subject, System
from shaketable_patterns.catalogue import order_subjects

UNKNOWN = "order-dead-letters/mutant-redrive-mails-again"
REFUSED = "order-consumer/hardened"


class LoggingSim(SimWorld):
    """The simulated world, with logs as real parts would write them."""

    def log_tails(self):
        return {"shop": "its log ends with\n  one\n  two \x1b[2J", "relay": "it wrote nothing into its log"}


def run(*args):
    return CliRunner().invoke(main, ["boundaries", *args])


def test_the_boundaries_of_a_run_in_which_all_is_answered_are_all_there_is():
    done = run("order-outbox/hardened")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert done.stderr == f"{len(lines)} boundaries, each with a request and a reply leg\n"


def test_an_op_that_is_refused_as_it_should_be_is_printed_and_is_no_reason_for_unknown():
    done = run(REFUSED)
    assert done.exit_code == 0, done.output
    assert "place_other" in done.stderr
    assert "was refused: status=422" in done.stderr


def test_an_op_that_ended_unknown_makes_the_list_unknown_and_the_parts_logs_are_printed(monkeypatch):
    monkeypatch.setattr(boundaries, "world_for", lambda subject, name: LoggingSim())
    done = run(UNKNOWN)
    assert done.exit_code == 3, done.output
    lines = done.stderr.splitlines()
    assert any(line.startswith("redrive ") and "ended unknown: status=500" in line for line in lines)
    assert lines[-5:-1] == [
        "shop: its log ends with",
        "  one",
        "  two \\x1b[2J",
        "relay: it wrote nothing into its log",
    ]
    assert lines[-1].startswith("shaketable: 1 of 5 ops failed in a run without faults")


@pytest.mark.parametrize("ending", ["fail", "info"])
def test_a_run_in_which_nothing_is_answered_ok_is_unknown(monkeypatch, ending):
    monkeypatch.setattr(boundaries, "load", lambda name: answering(ending))
    assert run("mine").exit_code == 3


def test_json_is_the_list_and_the_reason_for_unknown_goes_to_stderr():
    done = run(UNKNOWN, "--json")
    assert done.exit_code == 3
    assert json.loads(done.stdout)
    assert "ended unknown" in done.stderr


def answering(ending: str) -> Subject:
    """Return a system that ends every op like this."""

    async def perform(ports, do):
        return Completion(ending, {"status": 500})

    like = next(one for one in order_subjects() if one.name == "order-outbox/hardened")
    target = System(parts=(), perform=perform)
    return Subject("mine", like.pattern, like.profile, target)
