"""A record that is refused as too large: the reply that says so, in every version, and in its turn."""

from __future__ import annotations

import pytest
from aiokafka.protocol import produce as versions

from shaketable.real.tap.framer import Exchange
from shaketable.real.tap.kafka.framer import KafkaFramer
from shaketable.real.tap.kafka.refusals import MESSAGE_TOO_LARGE, refusal
from tests.unit.tap.kafka.kafka_bytes import batch
from tests.unit.tap.kafka.test_kafka_framer import framer, produce, produced
from tests.unit.tap.streams import bytes_of, feed

REPLIES = {
    version: getattr(versions, f"ProduceResponse_v{version}")
    for version in range(9)
    if hasattr(versions, f"ProduceResponse_v{version}")
}
FLEXIBLE = bytes.fromhex("00000007 00 02 07") + b"orders" + bytes.fromhex("02 00000003 000a") + b"\xff" * 24
"""Version 9 by hand: header and its tags, one topic, one partition, the error, and three times -1."""


def sent(tap: KafkaFramer, *requests: bytes) -> list[Exchange]:
    return [piece.exchange for piece in feed(tap.client_sent, requests) if piece.first and piece.exchange]


@pytest.mark.parametrize("version", REPLIES)
def test_a_client_reads_the_error_of_each_partition(version):
    reply = refusal(7, version, [("orders", 0), ("orders", 2), ("mail", 1)])
    assert int.from_bytes(reply[:4], "big") == len(reply) - 4
    assert int.from_bytes(reply[4:8], "big") == 7
    read = REPLIES[version].decode(reply[8:])
    assert [(topic, [p[:3] for p in partitions]) for topic, partitions in read.topics] == [
        ("orders", [(0, MESSAGE_TOO_LARGE, -1), (2, MESSAGE_TOO_LARGE, -1)]),
        ("mail", [(1, MESSAGE_TOO_LARGE, -1)]),
    ]
    assert REPLIES[version].encode(read) == reply[8:]


def test_a_flexible_version_has_its_tags_and_a_later_one_names_topics_by_their_ids():
    reply = refusal(7, 9, [("orders", 3)])
    assert reply[4:] == FLEXIBLE + bytes.fromhex("01 00 00 00 00000000 00")
    topic_id = bytes(range(16))
    assert refusal(7, 13, [(topic_id, 3)])[4:] == FLEXIBLE.replace(b"\x07orders", topic_id) + bytes.fromhex(
        "01 00 00 00 00000000 00"
    )


def test_it_comes_behind_the_answers_to_what_was_asked_before():
    tap = framer()
    before, refused, after = sent(tap, *(produce(n, ("orders", batch([f"o{n}"]))) for n in (1, 2, 3)))
    answer = tap.too_large(refused)
    assert answer == refusal(2, 7, [("orders", 0)])
    tap.answer_unserved(refused, answer)
    assert tap.server_sent(b"") == []
    first, third = produced(1), produced(3)
    pieces = feed(tap.server_sent, [first[:9], first[9:] + third])
    assert bytes_of(pieces) == first + answer + third
    assert [p.exchange for p in pieces if p.last] == [before, refused, after]


def test_two_in_a_row_keep_their_order():
    tap = framer()
    first, *refused = sent(tap, *(produce(n, ("orders", batch(["o"]))) for n in (1, 2, 3)))
    answers = [tap.too_large(one) or b"" for one in refused]
    for one, answer in zip(refused, answers, strict=True):
        tap.answer_unserved(one, answer)
    assert bytes_of(tap.server_sent(produced(1))) == produced(1) + b"".join(answers)
    assert tap.too_large(first) is None


def test_what_is_not_answered_cannot_be_refused_nor_what_is_no_record():
    tap = framer()
    unanswered, long = sent(
        tap,
        produce(1, ("orders", batch(["o"])), acks=0),
        produce(2, ("orders", batch(["o"], value=b"x" * 70_000))),
    )
    assert tap.too_large(unanswered) is None
    assert tap.too_large(long) is None
    assert tap.too_large(Exchange()) is None
