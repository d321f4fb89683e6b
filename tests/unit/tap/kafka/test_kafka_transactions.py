"""Requests of transactional producers are boundaries, named by what each is about; their records are the committed ones."""

import pytest

from shaketable.history import History
from shaketable.real.oracles.appends import Appends, Record
from shaketable.real.tap.framer import Exchange, Marks, Produced
from shaketable.real.tap.kafka.framer import KafkaFramer
from shaketable.real.tap.kafka.record_batch import Aborted, record_heads
from shaketable.real.tap.switchboard import Switchboard
from tests.unit.tap.kafka.kafka_bytes import (
    NO_TAGS,
    array,
    batch,
    flexible_reply,
    flexible_request,
    ints,
    text,
)
from tests.unit.tap.streams import feed

INIT, ADD_PARTITIONS, ADD_OFFSETS, END, COMMIT_OFFSETS = 22, 24, 25, 26, 28
PRODUCER = ints((64, 7), (16, 0))
TOPICS = array(text("orders") + array(ints((32, 0))) + NO_TAGS, text("mail") + array(ints((32, 0))) + NO_TAGS)


def asked(key: int, version: int, body: bytes, answer: bytes = b"") -> Exchange:
    tap = KafkaFramer(lambda node_id, host, port: (host, port))
    (piece,) = feed(tap.client_sent, [flexible_request(key, version, 1, body + NO_TAGS)])
    if answer:
        feed(tap.server_sent, [flexible_reply(1, answer + NO_TAGS)])
    assert not tap.opaque
    assert piece.exchange is not None
    return piece.exchange


@pytest.mark.parametrize("version", [2, 3, 6])
def test_a_producer_with_a_transactional_id_takes_its_own_and_fences_off_others(version):
    old = PRODUCER if version >= 3 else b""
    assert asked(INIT, version, text("relay") + ints((32, 10_000)) + old).names == (
        ("INIT_PRODUCER_ID", "relay"),
    )


def test_an_idempotent_producer_only_connects():
    assert asked(INIT, 4, text(None) + ints((32, 10_000)) + PRODUCER).names == ()


@pytest.mark.parametrize("version", [3, 5])
def test_each_topic_is_added(version):
    one = text("relay") + PRODUCER + (b"\0" if version >= 4 else b"") + TOPICS
    exchange = asked(ADD_PARTITIONS, version, array(one + NO_TAGS) if version >= 4 else one)
    assert exchange.names == (("ADD_PARTITIONS_TO_TXN", "orders"), ("ADD_PARTITIONS_TO_TXN", "mail"))


def test_offsets_are_added_and_committed_for_a_group_and_count_with_the_transaction():
    added = asked(ADD_OFFSETS, 3, text("relay") + PRODUCER + text("billing"))
    assert added.names == (("ADD_OFFSETS_TO_TXN", "billing"),)
    place = ints((32, 0), (64, 5), (32, -1)) + text(None) + NO_TAGS
    body = text("relay") + text("billing") + PRODUCER + ints((32, 1)) + text("m1") + text(None)
    committed = asked(COMMIT_OFFSETS, 3, body + array(text("orders") + array(place) + NO_TAGS))
    assert committed.names == (("TXN_OFFSET_COMMIT", "orders"),)
    assert committed.marks["pending_offsets"] == ("relay", "billing", [("orders", 0, 5)])
    assert "offsets" not in committed.marks


@pytest.mark.parametrize(("commits", "name"), [(True, "relay/commit"), (False, "relay/abort")])
def test_the_end_of_a_transaction_says_which(commits, name):
    ended = asked(END, 3, text("relay") + PRODUCER + bytes([commits]))
    assert ended.names == (("END_TXN", name),)
    assert ended.marks["ended"] == ("relay", commits)


@pytest.mark.parametrize(("error", "refused"), [(-1, True), (35, True), (0, False), (14, False), (51, False)])
def test_a_broker_that_has_no_such_producers_is_told_from_one_that_is_busy(error, refused):
    body = text("relay") + ints((32, 10_000)) + PRODUCER
    exchange = asked(INIT, 4, body, ints((32, 0), (16, error)) + PRODUCER)
    assert ("refused" in exchange.marks) is refused


class NoPower:
    async def crash(self, party: str, down_ms: int) -> bool:
        return False


def test_it_is_noted_which_producers_have_transactions_and_which_are_refused():
    board = Switchboard(NoPower(), lambda: 100, str)
    board.begin(History(), frozenset(), trace=False)
    refused = asked(INIT, 4, text(None) + ints((32, 1)) + PRODUCER, ints((32, 0), (16, -1)) + PRODUCER)
    board.arrived("till", refused)
    board.answered("till", "kafka", refused)
    board.arrived("shop", asked(INIT, 4, text("relay") + ints((32, 1)) + PRODUCER))
    assert board.transactional == {"relay": "shop"}
    assert board.refused == {"till": ("kafka", -1)}


def transactional(keys: list[str], base: int, producer: int, flags: int = 0) -> bytes:
    built = bytearray(batch(keys, base_offset=base, flags=0b10000 | flags))
    built[43:51] = producer.to_bytes(8, "big")
    return bytes(built)


def test_a_consumer_of_committed_records_throws_those_of_aborted_transactions_away():
    abort, commit = "\0\0\0\0", "\0\0\0\1"
    data = b"".join(
        [
            transactional(["a0", "a1"], 0, 7),
            transactional(["kept"], 2, 8),
            transactional([abort], 3, 7, 0b100000),
            transactional(["a2"], 4, 7),
            transactional([commit], 5, 7, 0b100000),
            batch(["plain"], base_offset=6),
        ]
    )
    aborted = [Aborted(7, 0)]
    assert [head.key for head in record_heads(data, len(data), 0, aborted)] == ["kept", "a2", "plain"]
    assert [head.key for head in record_heads(data, len(data))] == ["a0", "a1", "kept", "a2", "plain"]


def test_a_record_is_on_its_topic_when_its_transaction_is_committed_and_not_when_it_was_acknowledged():
    sent: Marks = {
        "transactional": "relay",
        "produced": [Produced("orders", 0, "k", 7)],
        "acknowledged": [("orders", 0, 3)],
    }
    ends: list[tuple[int, str, Marks]] = [
        (20, "shop", {"ended": ("other", True)}),
        (5, "shop", {"ended": ("relay", False)}),
        (40, "shop", {"ended": ("relay", True)}),
    ]
    record = Record(("orders", 0, 3), "k", 7, 5)
    (append,) = Appends([(10, "shop", sent), *ends], [(11, sent)]).of([record])
    assert append == (40, "shop")
    (append,) = Appends([(10, "shop", sent), *ends[:2]], [(11, sent)]).of([record])
    assert append == (10, "shop")
