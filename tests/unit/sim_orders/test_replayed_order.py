"""The order that deviations alone decide: as the general one decides it, and at a cost that grows with what is under way."""

from random import Random

import pytest

from shaketable.boundary import Boundary
from shaketable.orders.deviation import Arrival, Deviation
from shaketable.orders.policy import Orders
from shaketable.schedule import Do, Wait
from shaketable.sim import session
from shaketable.sim.orders import replayed_order
from shaketable.sim.orders.arrival_order import ArrivalOrder
from tests.unit.sim_orders.counter import COUNTER, counted, played, told

VERBS = ("client>counter POST /add", "counter>postgres SELECT counts", "counter>postgres UPDATE counts",
         "counter>postgres COMMIT counts")  # fmt: skip


def drawn(chance, clients):
    """Return deviations as no policy makes them: circles, waits for what never comes, times beyond the slack."""

    def arrival():
        return f"{chance.choice(VERBS)} #{chance.randint(1, clients + 2)}", chance.choice(
            ("request", "reply")
        )

    held = {arrival() for _ in range(chance.randint(1, 2 * clients))}
    return tuple(
        Deviation(*one, late_ms=chance.randint(1, 70))
        if chance.random() < 0.3
        else Deviation(*one, Arrival(*arrival()))
        for one in sorted(held)
    )


@pytest.mark.parametrize("seed", range(150))
def test_it_decides_what_the_general_order_decides(seed, monkeypatch):
    chance = Random(seed)
    clients = chance.randint(2, 6)
    steps = []
    for _ in range(clients):
        steps += [Do("add"), *([Wait(chance.choice((1, 3, 20)))] if chance.random() < 0.6 else ())]
    orders = Orders(drawn(chance, clients))
    timing = chance.choice((0, 0, 5))
    quick = played(orders, COUNTER, (*steps, Wait(500)), timing)
    monkeypatch.setattr(session, "ReplayedOrder", ArrivalOrder)
    general = played(orders, COUNTER, (*steps, Wait(500)), timing)
    assert told(quick) == told(general)
    assert quick.deviations == general.deviations
    assert quick.arrivals == general.arrivals


def circle(clients):
    """Each addition waits for the next one, and the last for the first."""
    return tuple(
        Deviation(f"{VERBS[0]} #{n}", "request", Arrival(f"{VERBS[0]} #{n % clients + 1}", "request"))
        for n in range(1, clients + 1)
    )


@pytest.mark.parametrize("held", [circle, lambda clients: circle(clients)[:-1]], ids=["circle", "chain"])
def test_twice_as_many_that_wait_cost_about_twice_as_much(held, monkeypatch):
    """Counted are the arrivals that a decision looks at: with a look at each that is held it would be four times as many."""
    looked = 0
    real = replayed_order.in_order

    def counting(pending):
        nonlocal looked
        looked += 1
        return real(pending)

    def cost(clients):
        nonlocal looked
        looked = 0
        run = played(Orders(held(clients)), COUNTER, (Do("add"),) * clients + (Wait(500),))
        assert counted(run) <= clients
        return looked

    monkeypatch.setattr(replayed_order, "in_order", counting)
    assert cost(400) < 2.6 * cost(200)


def test_what_is_held_for_a_circle_comes_after_its_slack():
    run = played(Orders(circle(3)), COUNTER, (Do("add"), Do("add"), Do("add"), Wait(500)))
    late = [
        Boundary.parse(d.at).n for d in run.deviations if d.at.startswith(VERBS[0]) and d.leg == "request"
    ]
    assert sorted(late) == [1, 2, 3]
