"""Records that are deleted before they are read, or after: where members go on, and what is told of it."""

import pytest
from conftest import Bench

from shaketable.subject import Topic


@pytest.fixture
def expiring():
    bench = Bench(Topic("orders", expires=True), Topic("payments"))
    yield bench
    bench.close()


def reader(bench, reset):
    _, port = bench.port("a")
    return port.consumer("g", ("orders", "payments"), reset=reset)


@pytest.mark.parametrize(("reset", "goes_on_with"), [("earliest", "k3"), ("latest", "k4")])
def test_a_member_whose_position_is_gone_goes_on_as_it_declares(expiring, reset, goes_on_with):
    a = reader(expiring, reset)
    waiting = expiring.start(a.get())
    expiring.send("k1", topic="orders")
    expiring.settle()
    expiring.run(a.commit(waiting.result()))
    expiring.send("k2", "k3", topic="orders")
    assert expiring.broker.expire(keep=1) == {"begins": {"orders/0": 2}, "unread": ["g"]}
    got = expiring.start(a.get())
    expiring.send("k4", topic="orders")
    expiring.settle()
    assert got.result().key == goes_on_with


@pytest.mark.parametrize(("reset", "goes_on_with"), [("earliest", "k2"), ("latest", "k3")])
def test_a_new_group_begins_as_it_declares(expiring, reset, goes_on_with):
    expiring.send("k1", "k2", topic="orders")
    assert expiring.broker.expire(keep=1) == {"begins": {"orders/0": 1}, "unread": []}
    got = expiring.start(reader(expiring, reset).get())
    expiring.send("k3", topic="orders")
    expiring.settle()
    assert got.result().key == goes_on_with


def test_only_what_is_declared_to_expire_is_deleted_and_only_once(expiring):
    expiring.send("k1", topic="payments")
    assert expiring.broker.expire(keep=0) is None
    expiring.send("k1", topic="orders")
    assert expiring.broker.expire(keep=0) == {"begins": {"orders/0": 1}, "unread": []}
    assert expiring.broker.expire(keep=0) is None


def test_what_a_group_has_committed_is_not_unread(expiring):
    a = reader(expiring, "earliest")
    expiring.send("k1", topic="orders")
    expiring.run(a.commit(expiring.run(a.get())))
    assert expiring.broker.expire(keep=0) == {"begins": {"orders/0": 1}, "unread": []}
