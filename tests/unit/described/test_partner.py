"""A partner that a description declares: routes, keys it honours, what it declines, and its ledger."""

from dataclasses import dataclass, field

import pytest

from shaketable.descriptions.partner import partner_of
from tests.unit.described.shop_file import described


@dataclass
class Request:
    path: str
    body: object
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)


class Ledger:
    def __init__(self):
        self.entries = []

    def record(self, name, value):
        self.entries.append((name, value))


@pytest.fixture
def bank():
    ledger = Ledger()
    return partner_of(described().partners[0])(ledger), ledger.entries


def test_a_request_is_answered_by_its_route_and_written_down(bank):
    partner, entries = bank
    answer = partner.handle(Request("/accounts/a%2F1/transfers?x=1", {"cents": 250}))
    assert (answer.status, answer.body) == (201, {"done": True})
    assert entries == [("transfers", {"account": "a/1", "cents": 250})]


def test_the_same_key_gets_the_same_answer_and_nothing_is_done_again(bank):
    partner, entries = bank
    for cents in (250, 999):
        keyed = Request("/accounts/a/transfers", {"cents": cents}, headers={"Idempotency-Key": "k1"})
        assert partner.handle(keyed).status == 201
    assert len(entries) == 1


def test_without_a_key_every_request_is_a_new_one(bank):
    partner, entries = bank
    for _ in range(2):
        partner.handle(Request("/accounts/a/transfers", {"cents": 250}))
    assert len(entries) == 2


def test_what_is_declined_leaves_nothing_in_the_ledger(bank):
    partner, entries = bank
    assert partner.handle(Request("/accounts/a/transfers", {"cents": 13})).status == 402
    assert entries == []


def test_a_request_that_no_route_is_for_is_not_found(bank):
    partner, entries = bank
    assert partner.handle(Request("/accounts", None)).status == 404
    assert partner.handle(Request("/accounts/a/transfers", None, method="GET")).status == 404
    assert entries == []
