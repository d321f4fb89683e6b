"""Who is meant by a name, and which names a fault may use."""

import pytest

from shaketable.errors import UsageError
from shaketable.fault import ClockStep, Crash, CrashReceiver, Drop, Latency, Partition, Pause
from shaketable.network.replica_roles import Roles
from shaketable.subject import Part

ROLES = Roles((("order", "order"), ("relay-1", "relay"), ("relay-2", "relay")), ("client", "kafka"))


def test_a_part_plays_its_own_name_unless_it_is_told_a_role():
    assert Part("order", lambda ports: None).role == "order"
    assert Part("relay-1", lambda ports: None, role="relay").role == "relay"


def test_a_replica_is_addressed_by_its_role_and_everybody_else_by_name():
    assert [ROLES.role_of(name) for name in ("relay-2", "order", "kafka")] == ["relay", "order", "kafka"]


def test_a_role_means_all_its_replicas_and_any_other_name_one_party():
    assert ROLES.replicas("relay") == ("relay-1", "relay-2")
    assert ROLES.replicas("relay-2") == ("relay-2",)
    assert ROLES.replicas("kafka") == ("kafka",)


def test_the_links_of_a_role_are_those_of_its_replicas_and_not_to_themselves():
    assert ROLES.links("relay", "kafka") == (("relay-1", "kafka"), ("relay-2", "kafka"))
    assert ROLES.links("relay", "relay") == (("relay-1", "relay-2"), ("relay-2", "relay-1"))
    assert ROLES.links("order", "kafka") == (("order", "kafka"),)


def test_a_request_to_a_role_is_for_any_replica_but_the_one_that_asks():
    assert ROLES.others("relay", "order") == ("relay-1", "relay-2")
    assert ROLES.others("relay", "relay-1") == ("relay-2",)
    assert ROLES.others("relay-1", "relay-1") == ("relay-1",)
    assert ROLES.others("order", "order") == ("order",)


def test_a_receipt_says_which_replica_it_was_where_the_address_does_not():
    assert ROLES.which("relay-2") == {"replica": "relay-2"}
    assert ROLES.which("order") == ROLES.which("kafka") == {}


@pytest.mark.parametrize(
    "fault",
    [
        Crash(service="relay"),
        Crash(service="relay-1"),
        Pause(service="relay", for_ms=1),
        Partition(sender="relay", receiver="kafka", for_ms=1),
        Latency(sender="relay-2", receiver="kafka", for_ms=1, delay_ms=1),
        Drop(at="relay>kafka PRODUCE t/k #1", leg="request"),
    ],
)
def test_faults_may_name_roles_and_faults_of_services_and_links_replicas_too(fault):
    ROLES.check(fault)


@pytest.mark.parametrize(
    ("fault", "taught"),
    [
        (Drop(at="relay-1>kafka PRODUCE t/k #1", leg="request"), "'relay-1', a replica of 'relay'"),
        (CrashReceiver(at="client>relay-2 GET /x #1", leg="request"), "write 'relay'$"),
        (Drop(at="relay-3>kafka PRODUCE t/k #1", leg="request"), "has client, kafka, order, relay$"),
        (Crash(service="relay-3"), "has client, kafka, order, relay-1, relay-2, relay$"),
        (ClockStep(service="kafka", delta_ms=1), "needs a process of the subject"),
    ],
)
def test_a_wrong_name_is_refused_in_words_that_say_the_right_one(fault, taught):
    with pytest.raises(UsageError, match=taught):
        ROLES.check(fault)


@pytest.mark.parametrize(
    ("parts", "others"),
    [
        ((("relay", "relay"), ("relay-2", "relay")), ()),
        ((("relay-1", "order"), ("order", "order")), ()),
        ((("relay-1", "kafka"),), ("kafka",)),
        ((("a", "b"), ("b", "c")), ()),
    ],
)
def test_a_name_cannot_mean_both_one_party_and_a_role_of_several(parts, others):
    with pytest.raises(UsageError, match="no party can be called so"):
        Roles(parts, others)
