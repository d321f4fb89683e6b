"""Names in the flexible versions that other clients than aiokafka use: compact fields, tags, topic ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shaketable.real.tap.kafka.bodies import TopicIds
from shaketable.real.tap.kafka.framer import KafkaFramer
from tests.unit.tap.kafka.kafka_bytes import (
    NO_TAGS,
    TAG,
    array,
    batch,
    flexible_reply,
    flexible_request,
    ints,
    records,
    text,
)
from tests.unit.tap.streams import assert_transparent, feed, names

ID = b"\x07" * 16
cuts = st.lists(st.integers(0, 10_000), max_size=20)


def framer(ids: TopicIds | None = None) -> KafkaFramer:
    return KafkaFramer(lambda node_id, host, port: (host, port), ids)


def known() -> TopicIds:
    ids = TopicIds()
    ids.learn(ID, "orders")
    return ids


def topic(by_id: bool, *partitions: bytes) -> bytes:
    return (ID if by_id else text("orders")) + array(*partitions) + TAG


def produce(version: int, acks: int = -1) -> bytes:
    partitions = [ints((32, n)) + records(batch([f"k{n}", "x"])) + TAG for n in range(2)]
    body = text(None) + ints((16, acks), (32, 1000)) + array(topic(version >= 13, *partitions)) + NO_TAGS
    return flexible_request(0, version, 1, body)


def fetch(version: int, offset: int, correlation: int = 1, *, full: bool = True) -> bytes:
    body = ints(*([(32, -1)] if version <= 14 else []), (32, 500), (32, 1), (32, 1 << 20), (8, 0))
    body += ints((32, 3), (32, 0 if full else 1))
    partition = ints((32, 0), (32, -1), (64, offset), (32, -1), (64, -1), (32, 1 << 20)) + TAG
    body += array(topic(version >= 13, partition)) if full else array()
    return flexible_request(1, version, correlation, body + array() + text("") + TAG)


def fetched(version: int, data: bytes, correlation: int = 1) -> bytes:
    aborted = array(ints((64, 4), (64, 0)) + TAG)
    partition = (
        ints((32, 0), (16, 0), (64, 9), (64, 9), (64, 0)) + aborted + ints((32, -1)) + records(data) + TAG
    )
    body = ints((32, 0), (16, 0), (32, 3)) + array(topic(version >= 13, partition)) + TAG
    return flexible_reply(correlation, body)


@pytest.mark.parametrize("version", range(9, 14))
@given(where=cuts)
def test_produce(version, where):
    up, _ = assert_transparent(framer(known()), produce(version), b"", where)
    assert names(up) == [("PRODUCE", f"orders/{key}") for key in ("k0", "x", "k1", "x")]
    assert up[0].exchange.expects_reply


def test_produce_without_acks_expects_no_reply():
    (piece,) = feed(framer().client_sent, [produce(9, acks=0)])
    assert not piece.exchange.expects_reply


@pytest.mark.parametrize("version", range(12, 19))
@given(where=cuts)
def test_fetch_names_the_records_from_the_asked_offset(version, where):
    tap = framer(known())
    data = batch(["a", "b"], base_offset=5) + batch(["c"], base_offset=7)
    _, down = assert_transparent(tap, fetch(version, 6), fetched(version, data), where)
    assert names(down) == [("FETCH", "orders/b"), ("FETCH", "orders/c")]
    assert not tap.opaque


@pytest.mark.parametrize("version", [12, 17])
def test_fetch_in_a_session_keeps_the_offsets_it_does_not_mention(version):
    tap = framer(known())
    sent = fetch(version, 6) + fetch(version, 0, 2, full=False)
    answered = fetched(version, b"") + fetched(version, batch(["a", "b"], base_offset=5), 2)
    _, down = assert_transparent(tap, sent, answered, [])
    assert names(down) == [("FETCH", "orders/b")]


@pytest.mark.parametrize("version", range(8, 11))
def test_offset_commit(version):
    partition = ints((32, 0), (64, 4), (32, -1)) + text("") + TAG
    body = text("g") + ints((32, 1)) + text("member") + text(None)
    body += array(topic(version >= 10, partition, partition)) + TAG
    tap = framer(known())
    assert names(feed(tap.client_sent, [flexible_request(8, version, 1, body)])) == [
        ("OFFSET_COMMIT", "orders")
    ]
    assert not tap.opaque


def metadata(version: int) -> tuple[bytes, bytes]:
    partition = ints((16, 0), (32, 0), (32, 1), (32, 5)) + array(ints((32, 1))) * 2 + array() + TAG
    nameless = ints((16, 100)) + text(None) + b"\x09" * 16 + b"\0" + array() + ints((32, 0)) + NO_TAGS
    found = ints((16, 0)) + text("orders") + ID + b"\0" + array(partition) + ints((32, 0)) + TAG
    broker = ints((32, 1)) + text("k") + ints((32, 9092)) + text(None) + NO_TAGS
    body = ints((32, 0)) + array(broker) + text("cluster") + ints((32, 1)) + array(nameless, found)
    body += ints((32, 0)) if version <= 10 else b""
    return flexible_request(3, version, 9, array() + NO_TAGS), flexible_reply(9, body + NO_TAGS)


@pytest.mark.parametrize("version", [10, 12])
def test_topic_ids_are_learnt_from_metadata_on_any_connection_that_shares_them(version):
    ids = TopicIds()
    first, second = framer(ids), framer(ids)
    asked, answered = metadata(version)
    assert_transparent(first, asked, answered, [])
    assert not first.opaque
    _, down = assert_transparent(second, fetch(17, 0), fetched(17, batch(["k"])), [])
    assert names(down) == [("FETCH", "orders/k")]


def test_records_of_an_unknown_topic_id_are_unnamed_and_that_is_told():
    tap = framer()
    _, down = assert_transparent(tap, fetch(17, 0), fetched(17, batch(["k"])), [])
    assert names(down) == []
    assert "topic id" in tap.opaque
    assert tap.unread == {tap.opaque: 1}


@pytest.mark.parametrize("version", range(9, 14))
@given(where=cuts)
def test_a_produce_reply_says_where_the_records_are(version, where):
    def partition(index: int, error: int, first: int, *refused: bytes) -> bytes:
        head = ints((32, index), (16, error), (64, first), (64, -1), (64, 0))
        return head + array(*refused) + text(None) + TAG

    refused = ints((32, 0)) + text("too late") + TAG
    answered = topic(version >= 13, partition(1, 0, 7), partition(0, 22, -1, refused))
    tap = framer(known())
    up, _ = assert_transparent(
        tap, produce(version), flexible_reply(1, array(answered) + ints((32, 0)) + TAG), where
    )
    assert not tap.opaque
    assert next(p.exchange for p in up).marks["acknowledged"] == [("orders", 1, 7)]
