"""The order system in containers: an order through tap and Toxiproxy, and faults of every kind that leave receipts."""

from collections.abc import Iterator

import pytest

from shaketable.fault import Blackhole, Crash, CrashReceiver, Fault, Pause
from shaketable.history import History
from shaketable.real.containers.launcher import ContainerLauncher
from shaketable.real.world import RealWorld
from shaketable.runner import Outcome, execute
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable_patterns.order_system.machines.values import order_value
from tests.containers.started import hardened, needs_docker

pytestmark = needs_docker


@pytest.fixture(scope="module")
def world() -> Iterator[RealWorld]:
    opened = RealWorld("containers", lambda _: ContainerLauncher())
    yield opened
    opened.close()


def place(number: int) -> Do:
    return Do("place", order_value(number, 0))


def play(world: RealWorld, *steps: Step) -> Outcome:
    subject = hardened()
    return execute(world, subject, Schedule(subject.name, steps), trace=True)


def statuses(history: History) -> dict[str, str]:
    """Return each order's status after the last commit that wrote it."""
    return {
        row["id"]: row["status"]
        for event in history
        if event.kind == "effect" and event.name == "commit"
        for verb, table, row in event.value["writes"]
        if table == "orders" and verb != "delete"
    }


def test_an_order_is_confirmed_from_end_to_end(world):
    outcome = play(world, place(1), place(2), Wait(12_000))
    assert outcome.unknown == ""
    assert statuses(outcome.history) == {"o1": "CONFIRMED", "o2": "CONFIRMED"}
    assert all(not judgement.findings for judgement in outcome.judgements)
    assert "payment>postgres COMMIT inbox,outbox,payments #1" in {str(one) for one in outcome.boundaries}


@pytest.mark.parametrize(
    "fault",
    [
        Crash(service="postgres", down_ms=1_000),
        Crash(service="kafka", down_ms=1_000),
        Crash(service="payment", down_ms=1_000),
        Pause(service="payment", for_ms=1_000),
        Blackhole(sender="payment", receiver="postgres", for_ms=3_000),
        CrashReceiver(at="payment>postgres COMMIT inbox,outbox,payments #1", leg="reply", down_ms=1_000),
    ],
    ids=lambda fault: type(fault).__name__.lower() + "-" + str(getattr(fault, "service", "link")),
)
def test_a_hardened_system_survives(world, fault: Fault):
    outcome = play(world, place(1), Wait(1_000), Inject(fault), Wait(4_000), place(2))
    assert [event for event in outcome.history if event.kind == "receipt"], "the fault has not landed"
    assert outcome.unknown == ""
    assert [f.anomaly for judgement in outcome.judgements for f in judgement.findings] == []
