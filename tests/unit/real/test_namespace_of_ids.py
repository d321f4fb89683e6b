"""Ids that are UUIDs and whole numbers: each run has its own on the same servers, and none is seen in a history."""

import uuid

import pytest
from aiokafka.partitioner import murmur2

from shaketable.descriptions.client_uuid import uuid_of
from shaketable.real.stack.namespace import Namespace

FIELDS = frozenset({"id", "no"})


def partition(key: str, count: int) -> int:
    return (murmur2(key.encode()) & 0x7FFFFFFF) % count


def test_a_uuid_of_a_client_is_one_and_the_same_in_every_run_of_a_schedule():
    made = uuid_of("id", 3)
    assert made == uuid_of("id", 3) == str(uuid.UUID(made))
    assert uuid.UUID(made).version == 5
    assert len({uuid_of(field, number) for field in ("id", "of") for number in range(1, 50)}) == 98


@pytest.mark.parametrize("number", [1, 2, 0xFFFF, 0x10000])
def test_what_is_put_into_a_namespace_comes_off_again(number):
    namespace = Namespace(number, [3, 64])
    asked = {"id": uuid_of("id", 1), "no": 7, "amount": 7, "text": "r"}
    put = namespace.put_in(asked, FIELDS)
    assert put["id"] != asked["id"]
    assert put["no"] != 7
    assert put["amount"] == 7
    assert str(uuid.UUID(put["id"])) == put["id"]
    assert put["no"] < 2**31
    assert namespace.off_in(put) == asked
    assert namespace.off(f"/orders/{put['no']}/{put['id'].upper()}") == f"/orders/7/{asked['id'].upper()}"
    assert namespace.off(uuid.UUID(put["id"]).hex) == uuid.UUID(asked["id"]).hex
    for count in (3, 64):
        assert partition(put["id"], count) == partition(asked["id"], count)
        assert partition(str(put["no"]), count) == partition("7", count)


def test_what_another_run_left_is_known_and_other_numbers_are_left_alone():
    first = Namespace(1, ())
    left = first.put_in({"id": uuid_of("id", 1)}, FIELDS), first.put_in({"no": 1}, FIELDS)
    second = Namespace(2, (), first)
    mine = second.put_in({"id": uuid_of("id", 1)}, FIELDS), second.put_in({"no": 1}, FIELDS)
    third = Namespace(3, (), second)
    for straggler in left:
        assert second.is_of_another_run({"row": straggler})
        assert third.is_of_another_run({"row": straggler})
    for own in mine:
        assert not second.is_of_another_run({"row": own})
    for neither in (
        {"at": 1_764_486_064},
        {"price": 1_000_000_007.5},
        {"n": "21000000007"},
        {"of": uuid_of("id", 1)},
    ):
        assert not second.is_of_another_run(neither)
        assert second.off_in(neither) == neither
