"""Who has a row first of several statements that wait for it: decided by policies where a real PostgreSQL lets them race.

That is where the row has a new version; else the first of the queue has it (`tests/conformance/test_situations.py`).
"""

from __future__ import annotations

import msgspec
import pytest

from shaketable.orders.deviation import Arrival, Deviation
from shaketable.orders.policy import POLICIES, Orders, Policy
from shaketable.report.story.fault_words import late_words
from shaketable.schedule import Do, Schedule, Wait, dumps, loads
from shaketable.sim.orders.arrival_order import SLACK_MS
from shaketable.subject import Completion, DatabaseSpec, Part, Subject, System, Table
from tests.unit.sim_orders.counter import Answer, played, told
from tests.unit.sim_world.shop import PATTERN, SUBJECT

APART_MS = 2 * SLACK_MS
"""More than any message can be late: who asked first has been waiting when the next one asks."""
HELD_MS = 5 * APART_MS


class Rows:
    """Holds the one row for a while, and then commits or not; or writes its name into it."""

    def __init__(self, ports):
        self.ports = ports

    async def start(self): ...

    async def stop(self): ...

    async def handle(self, request):
        name = request.body["name"]
        try:
            async with self.ports.database.transaction() as t:
                await t.update("rows", {"by": name}, ("id", "=", 1))
                if name.startswith("hold"):
                    await self.ports.clock.sleep(HELD_MS)
                if name == "hold-in-vain":
                    raise LookupError
        except LookupError:
            return Answer(409)
        return Answer(200)


async def perform(ports, do):
    answer = await ports.http.request("POST", "rows", f"/{do.value['name']}", do.value)
    return Completion("ok" if answer.status == 200 else "info", answer.body)


def subject():
    spec = DatabaseSpec("rows", (Table("rows", ("id",), rows=({"id": 1, "by": ""},)),))
    return Subject(
        "rows", PATTERN, SUBJECT.profile, System((Part("rows", Rows, "rows"),), perform, databases=(spec,))
    )


def run(orders, holder="hold"):
    steps = [Do("do", {"name": holder}), Wait(APART_MS)]
    for name in "abc":
        steps += [Do("do", {"name": name}), Wait(APART_MS)]
    return played(orders, subject(), (*steps, Wait(2_000)))


def order(run):
    """Return who wrote the row, in the order of their commits."""
    return "".join(
        e.value["writes"][0][2]["by"]
        for e in run.history
        if e.kind == "effect" and e.name == "commit" and not e.value["writes"][0][2]["by"].startswith("hold")
    )


def seen(holder, runs=40):
    return {order(run(Orders((), Policy(name, seed)), holder)) for name in POLICIES for seed in range(runs)}


def test_without_orders_and_without_a_policy_who_waited_longest_has_it_first():
    assert order(run(None)) == order(run(Orders())) == "abc"


def test_a_policy_lets_any_of_them_be_first_if_there_is_a_new_version():
    assert seen("hold") == {"abc", "acb", "bac", "bca", "cab", "cba"}


def test_the_first_of_the_queue_has_a_row_that_is_as_it_was():
    assert {found[0] for found in seen("hold-in-vain")} == {"a"}


@pytest.mark.parametrize("name", POLICIES)
def test_deviations_replay_it(name):
    turns = 0
    for seed in range(20):
        found = run(Orders((), Policy(name, seed)))
        turns += sum(deviation.leg == "lock" for deviation in found.deviations)
        again = run(Orders(found.deviations))
        assert told(again) == told(found)
        assert again.deviations == found.deviations
    assert turns


BY_HAND = Deviation("rows>postgres UPDATE rows #2", "lock", Arrival("rows>postgres UPDATE rows #4", "lock"))


def test_a_deviation_by_hand_says_who_waits_for_whom_and_a_file_keeps_it():
    found = run(Orders((BY_HAND,)))
    assert order(found) == "bca"
    assert [(d.at, d.leg) for d in found.deviations] == [(BY_HAND.at, "lock")]
    stored = Schedule("rows", (Do("do"),)).with_deviations((BY_HAND,))
    assert loads(dumps(stored)) == stored


def test_a_circle_of_turns_ends_with_the_first():
    back = Deviation(BY_HAND.until.at, "lock", Arrival(BY_HAND.at, "lock"))
    third = Deviation("rows>postgres UPDATE rows #3", "lock", Arrival("rows>postgres UPDATE rows #9", "lock"))
    assert order(run(Orders((BY_HAND, back, third)))) == "acb"


def test_it_is_told():
    assert late_words(BY_HAND) == (
        "rows>postgres UPDATE rows #2 waits for its row until rows>postgres UPDATE rows #4 has had it"
    )


def test_a_turn_is_no_matter_of_time():
    with pytest.raises(ValueError, match="no time passes"):
        Deviation(BY_HAND.at, "lock", late_ms=5)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"at": BY_HAND.at, "leg": "lock", "late_ms": 5}, Deviation)
