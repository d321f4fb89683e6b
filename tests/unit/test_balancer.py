"""Requests to a role go to each replica in turn, but for those that refuse."""

from __future__ import annotations

from shaketable.network.balancer import Balancer

REPLICAS = ("order-1", "order-2", "order-3")


def turns(balancer: Balancer, count: int, *refusing: str, role: str = "order") -> list[str]:
    return [balancer.next(role, REPLICAS, refusing.__contains__) for _ in range(count)]


def test_each_replica_is_next_in_turn():
    assert turns(Balancer(), 5) == ["order-1", "order-2", "order-3", "order-1", "order-2"]


def test_one_that_refuses_is_passed_over_and_gets_its_turn_when_it_is_back():
    balancer = Balancer()
    assert turns(balancer, 3, "order-2") == ["order-1", "order-3", "order-1"]
    assert turns(balancer, 2) == ["order-2", "order-3"]


def test_where_every_one_refuses_one_that_refuses_is_asked():
    balancer = Balancer()
    assert turns(balancer, 2, *REPLICAS) == ["order-1", "order-2"]


def test_roles_have_turns_of_their_own():
    balancer = Balancer()
    assert turns(balancer, 1, role="order") + turns(balancer, 1, role="payment") == ["order-1", "order-1"]


def test_one_that_may_not_be_asked_by_some_does_not_confuse_the_turns_of_the_others():
    balancer = Balancer()
    assert balancer.next("order", REPLICAS[1:], ().__contains__) == "order-2"  # asked by order-1 itself
    assert turns(balancer, 2) == ["order-3", "order-1"]
