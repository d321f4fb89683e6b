"""Kafka through the tap: named exchanges, replies by correlation id, and never a lost or changed byte."""

import pytest
from aiokafka.protocol.admin import ApiVersionRequest_v0, ApiVersionResponse_v0, SaslHandShakeRequest_v0
from aiokafka.protocol.commit import OffsetCommitRequest_v2, OffsetCommitResponse_v2
from aiokafka.protocol.fetch import (
    FetchRequest_v1,
    FetchRequest_v4,
    FetchRequest_v11,
    FetchResponse_v1,
    FetchResponse_v4,
    FetchResponse_v11,
)
from aiokafka.protocol.group import HeartbeatRequest_v0, HeartbeatResponse_v0
from aiokafka.protocol.metadata import MetadataRequest_v1, MetadataResponse_v1
from aiokafka.protocol.produce import (
    ProduceRequest_v2,
    ProduceRequest_v7,
    ProduceResponse_v2,
    ProduceResponse_v7,
)
from hypothesis import given
from hypothesis import strategies as st

from shaketable.real.tap.framer import HEAD_MAX_BYTES
from shaketable.real.tap.kafka.compression import DECOMPRESSED_MAX_BYTES, LZ4, SNAPPY, ZSTD, decompress
from shaketable.real.tap.kafka.framer import KafkaFramer
from tests.unit.tap.kafka.kafka_bytes import (
    CONTROL,
    GZIP,
    batch,
    flexible_request,
    ints,
    prefixed,
    reply,
    request,
)
from tests.unit.tap.streams import assert_transparent, bytes_of, feed, names, split

cuts = st.lists(st.integers(0, 10_000), max_size=30)


def framer() -> KafkaFramer:
    return KafkaFramer(lambda node_id, host, port: (host, port))


def produce(correlation: int, *batches: tuple[str, bytes], acks: int = -1) -> bytes:
    topics = [(topic, [(0, data)]) for topic, data in batches]
    return request(ProduceRequest_v7(None, acks, 1000, topics), correlation)


def produced(correlation: int, topic: str = "orders") -> bytes:
    return reply(ProduceResponse_v7([(topic, [(0, 0, 5, -1, 0)])], 0), correlation)


def fetch(
    correlation: int, offset: int = 0, *, session: int = 0, epoch: int = -1, topics=("orders",)
) -> bytes:
    asked = [(topic, [(0, -1, offset, 0, 1 << 20)]) for topic in topics]
    return request(FetchRequest_v11(-1, 500, 1, 1 << 20, 0, session, epoch, asked, [], ""), correlation)


def fetched(correlation: int, *batches: tuple[str, bytes]) -> bytes:
    topics = [(topic, [(0, 0, 9, 9, 0, None, -1, data)]) for topic, data in batches]
    return reply(FetchResponse_v11(0, 0, 0, topics), correlation)


def fetch_names(asked: bytes, answered: bytes) -> list[tuple[str, str]]:
    tap = framer()
    feed(tap.client_sent, [asked])
    found = names(feed(tap.server_sent, [answered]))
    assert not tap.opaque
    return found


SENT = b"".join(
    [
        request(ApiVersionRequest_v0(), 1),
        request(MetadataRequest_v1(None), 2),
        produce(3, ("orders", batch(["o1", "o 2"])), ("mail", batch([None], codec=GZIP))),
        produce(4, ("orders", batch(["quiet"])), acks=0),
        fetch(5),
        request(HeartbeatRequest_v0("g", 1, "m"), 6),
        request(
            OffsetCommitRequest_v2("g", 1, "m", -1, [("orders", [(0, 3, ""), (1, 3, "")]), ("mail", [])]), 7
        ),
        fetch(8),
    ]
)
ANSWERED = b"".join(
    [
        reply(ApiVersionResponse_v0(0, [(0, 0, 7)]), 1),
        reply(
            MetadataResponse_v1([(1, "k", 9092, None)], 1, [(0, "orders", False, [(0, 0, 1, [1], [1])])]), 2
        ),
        produced(3),
        fetched(5, ("orders", batch(["o1", "o2"]) + batch(["o3"])), ("mail", batch(["", "x"], codec=GZIP))),
        reply(HeartbeatResponse_v0(0), 6),
        reply(OffsetCommitResponse_v2([("orders", [(0, 0), (1, 0)])]), 7),
        fetched(8, ("orders", b"")),
    ]
)
ASKED_NAMES = [
    ("PRODUCE", "orders/o1"),
    ("PRODUCE", "orders/o_2"),
    ("PRODUCE", "mail/"),
    ("PRODUCE", "orders/quiet"),
    ("OFFSET_COMMIT", "orders"),
    ("OFFSET_COMMIT", "mail"),
]
FETCH_NAMES = [("FETCH", key) for key in ("orders/o1", "orders/o2", "orders/o3", "mail/", "mail/x")]


@given(cuts)
def test_a_conversation_is_named_in_any_splits(where):
    tap = framer()
    up, down = assert_transparent(tap, SENT, ANSWERED, where)
    assert not tap.opaque
    opened = [p.exchange for p in up if p.first]
    asked = [name for e in opened if not e.named_by_reply for name in e.names]
    assert asked == ASKED_NAMES
    assert [name for e in opened if e.named_by_reply for name in e.names] == FETCH_NAMES
    assert [p.exchange for p in down if p.first] == [e for e in opened if e.expects_reply]
    assert sum(p.last for p in up) == sum(p.first for p in up) == 8
    assert sum(p.last for p in down) == 7
    assert [e.expects_reply for e in opened].index(False) == 3
    marks = [e.marks for e in opened if e.marks]
    began_ms = 1_700_000_000_000
    assert marks[0] == {
        "produced": [
            ("orders", 0, "o1", began_ms),
            ("orders", 0, "o 2", began_ms + 1),
            ("mail", 0, "", began_ms),
        ],
        "acknowledged": [("orders", 0, 5)],
    }
    assert marks[2]["delivered"][:2] == [("orders", 0, 0), ("orders", 0, 1)]
    assert marks[3] == {"membership": ("g", "m"), "regroups": False}
    assert marks[4] == {"group": "g", "offsets": [("orders", 0, 3), ("orders", 1, 3)]}


@given(cuts)
def test_no_byte_of_a_fetch_reply_comes_out_before_it_is_named(where):
    tap = framer()
    feed(tap.client_sent, [fetch(1)])
    down = feed(tap.server_sent, split(fetched(1, ("orders", batch(["a", "b"]))), where))
    assert len(down) == 1
    assert down[0].exchange.names == (("FETCH", "orders/a"), ("FETCH", "orders/b"))


def test_replies_belong_to_requests_by_correlation_id_in_any_order():
    tap = framer()
    up = feed(tap.client_sent, [produce(7, ("a", batch(["1"]))) + produce(9, ("b", batch(["2"])))])
    down = feed(tap.server_sent, [produced(9) + produced(7)])
    assert [p.exchange for p in down] == [p.exchange for p in up][::-1]


def test_a_request_that_was_dropped_does_not_shift_the_replies():
    tap = framer()
    feed(tap.client_sent, [produce(1, ("a", batch(["1"]))), produce(2, ("b", batch(["2"])))])
    assert names(feed(tap.server_sent, [produced(2)])) == [("PRODUCE", "b/2")]


def test_older_versions_of_requests_are_read():
    old = request(ProduceRequest_v2(-1, 1000, [("orders", [(3, batch(["k"]))])]), 1)
    tap = framer()
    assert names(feed(tap.client_sent, [old])) == [("PRODUCE", "orders/k")]
    assert len(feed(tap.server_sent, [reply(ProduceResponse_v2([], 0), 1)])) == 1
    asked = request(FetchRequest_v4(-1, 5, 1, 99, 0, [("orders", [(0, 1, 99)])]), 2)
    aborted = [(70, 0), (71, 2)]
    answer = reply(FetchResponse_v4(0, [("orders", [(0, 0, 9, 9, aborted, batch(["z", "k"]))])]), 2)
    assert fetch_names(asked, answer) == [("FETCH", "orders/k")]
    asked = request(FetchRequest_v1(-1, 5, 1, [("orders", [(0, 0, 99)])]), 3)
    answer = reply(FetchResponse_v1(0, [("orders", [(0, 0, 9, batch(["k"]))])]), 3)
    assert fetch_names(asked, answer) == [("FETCH", "orders/k")]


# -- what a consumer takes of a reply -----------------------------------------------------------------------


def test_records_before_the_asked_offset_are_not_counted():
    answer = fetched(1, ("orders", batch(["5", "6", "7"], base_offset=5) + batch(["8"], base_offset=8)))
    assert fetch_names(fetch(1, offset=7), answer) == [("FETCH", "orders/7"), ("FETCH", "orders/8")]


def test_in_a_fetch_session_a_partition_that_is_not_mentioned_keeps_its_offset():
    tap = framer()
    feed(tap.client_sent, [fetch(1, 6, session=4, epoch=0, topics=("orders", "mail"))])
    feed(tap.server_sent, [fetched(1, ("orders", b""))])
    feed(tap.client_sent, [fetch(2, 1, session=4, epoch=1, topics=("mail",))])
    data = batch(["5", "6"], base_offset=5)
    assert names(feed(tap.server_sent, [fetched(2, ("orders", data))])) == [("FETCH", "orders/6")]


def test_a_fetch_that_is_asked_again_is_read_as_the_first_time():
    tap = framer()
    data = batch(["5", "6"], base_offset=5)
    for correlation in (1, 2):
        feed(tap.client_sent, [fetch(correlation, offset=6)])
        assert names(feed(tap.server_sent, [fetched(correlation, ("orders", data))])) == [
            ("FETCH", "orders/6")
        ]


def test_a_reply_that_brought_nothing_may_bring_something_to_one_who_asks_from_further_back():
    tap = framer()
    data = batch(["5", "6"], base_offset=5)
    for correlation, offset, taken in ((1, 7, []), (2, 7, []), (3, 6, [("FETCH", "orders/6")])):
        feed(tap.client_sent, [fetch(correlation, offset=offset)])
        assert names(feed(tap.server_sent, [fetched(correlation, ("orders", data))])) == taken


def test_transaction_markers_are_not_counted():
    answer = fetched(1, ("orders", batch(["a"]) + batch(["marker"], flags=CONTROL, base_offset=1)))
    assert fetch_names(fetch(1), answer) == [("FETCH", "orders/a")]


def test_a_batch_that_a_broker_cut_off_is_not_counted():
    answer = fetched(1, ("orders", batch(["a"]) + batch(["b"], value=b"v" * 100)[:120]))
    assert fetch_names(fetch(1), answer) == [("FETCH", "orders/a")]


@pytest.mark.parametrize("codec", [GZIP, SNAPPY, LZ4, ZSTD])
def test_the_records_of_a_compressed_batch_are_named_by_their_keys(codec):
    data = batch(["a", "b"], value=b"v" * 1_000, codec=codec)
    assert data[22] & 7 == codec
    sent = names(feed(framer().client_sent, [produce(1, ("orders", data))]))
    assert sent == [("PRODUCE", "orders/a"), ("PRODUCE", "orders/b")]


@pytest.mark.parametrize("codec", [SNAPPY, LZ4, ZSTD, 5])
def test_a_batch_that_cannot_be_unpacked_is_named_by_its_topic(codec):
    data = batch(["a", "b"], flags=codec)
    assert names(feed(framer().client_sent, [produce(1, ("orders", data))])) == [("PRODUCE", "orders/")]
    assert fetch_names(fetch(1), fetched(1, ("orders", data))) == [("FETCH", "orders/")]


def test_broken_gzip_is_named_by_its_topic():
    broken = bytearray(batch(["a"]))
    broken[22] |= GZIP
    assert names(feed(framer().client_sent, [produce(1, ("orders", bytes(broken)))])) == [
        ("PRODUCE", "orders/")
    ]


def test_a_gzip_bomb_costs_a_bounded_effort():
    bomb = batch(["a", "b"], value=b"\0" * 20_000_000, codec=GZIP)
    assert len(bomb) < HEAD_MAX_BYTES
    assert names(feed(framer().client_sent, [produce(1, ("orders", bomb))])) == [("PRODUCE", "orders/a")]


@pytest.mark.parametrize("codec", [SNAPPY, LZ4, ZSTD])
def test_a_bomb_of_any_codec_is_not_unpacked_beyond_the_limit(codec):
    assert (
        len(decompress(codec, batch(["a"], value=b"\0" * 30_000_000, codec=codec)[61:]))
        <= DECOMPRESSED_MAX_BYTES
    )


# -- what is not Kafka --------------------------------------------------------------------------------------


@given(st.binary(max_size=300), st.binary(max_size=300), cuts)
def test_garbage_passes_unchanged(sent, answered, where):
    tap = framer()
    assert_transparent(tap, sent, answered, where)
    if tap.opaque:
        assert bytes_of(feed(tap.client_sent, split(b"more", where))).endswith(b"more")


@given(st.integers(0, len(SENT)), st.integers(0, len(ANSWERED)), st.binary(max_size=100), cuts)
def test_a_conversation_that_turns_to_garbage_passes_unchanged(sent, answered, garbage, where):
    assert_transparent(framer(), SENT[:sent] + garbage, ANSWERED[:answered] + garbage, where)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=5), cuts)
def test_a_conversation_with_wrong_bytes_in_it_passes_unchanged(wrong, where):
    sent, answered = bytearray(SENT), bytearray(ANSWERED)
    for at, value in wrong:
        sent[at % len(sent)] = answered[at % len(answered)] = value
    assert_transparent(framer(), bytes(sent), bytes(answered), where)


@given(st.sampled_from([0, 1, 3, 8, 10, 60]), st.integers(0, 18), st.binary(max_size=200), cuts)
def test_a_message_with_any_body_passes_unchanged(key, version, body, where):
    sent = prefixed(ints((16, key), (16, version), (32, 5)) + body)
    assert_transparent(framer(), sent + sent, prefixed(ints((32, 5)) + body), where)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello", "length"),
        (b"GET / HTTP/1.1\r\n\r\n", "length"),
        (b"*1\r\n$4\r\nPING\r\n", "length"),
        (bytes.fromhex("0000000804d2162f"), "key 1234"),  # PostgreSQL's request for TLS: nothing follows it
        (prefixed(ints((16, 3), (16, 0))), "request with key 3"),
        (prefixed(ints((16, 1), (16, 19), (32, 1)) + b"\0\0"), "Fetch version 19 is not known"),
        (prefixed(b""), "length"),
    ],
)
def test_what_is_not_understood_is_opaque_and_says_why(sent, why):
    tap = framer()
    assert bytes_of(feed(tap.client_sent, [sent])) == sent
    assert why in tap.opaque
    assert bytes_of(tap.server_sent(b"anything")) == b"anything"
    assert names(feed(tap.client_sent, [produce(1, ("orders", batch(["k"])))])) == []


def test_text_is_known_not_to_be_kafka_by_its_first_bytes():
    assert bytes_of(framer().client_sent(b"PING")) == b"PING"


def test_a_server_that_speaks_first_or_answers_nothing_is_opaque():
    for greeting in (b"\0", produced(3)):
        tap = framer()
        assert bytes_of(tap.server_sent(greeting)) == greeting
        assert "without being asked" in tap.opaque
    tap = framer()
    feed(tap.client_sent, [produce(1, ("orders", batch(["k"])))])
    assert bytes_of(tap.server_sent(produced(2))) == produced(2)
    assert "reply to nothing" in tap.opaque


@given(cuts)
def test_after_a_sasl_handshake_everything_is_opaque(where):
    tap = framer()
    sent = request(ApiVersionRequest_v0(), 1) + request(SaslHandShakeRequest_v0("PLAIN"), 2)
    token = prefixed(b"\0user\0secret") + produce(3, ("orders", batch(["k"])))
    up, _ = assert_transparent(tap, sent + token, reply(ApiVersionResponse_v0(0, []), 1) + token, where)
    assert "SASL" in tap.opaque
    assert names(up) == []


def test_the_rest_of_a_message_stays_with_its_exchange_when_the_connection_turns_opaque():
    tap = framer()
    feed(tap.client_sent, [request(ApiVersionRequest_v0(), 1)])
    answer = prefixed(ints((32, 1)) + b"x" * 50)
    (first,) = feed(tap.server_sent, [answer[:20]])
    feed(tap.client_sent, [b"no kafka"])
    rest, after = feed(tap.server_sent, [answer[20:] + b"opaque"])
    assert rest.exchange is first.exchange
    assert rest.last
    assert (after.exchange, after.data) == (None, b"opaque")


def test_a_body_that_cannot_be_read_is_told_and_the_next_message_is_named():
    tap = framer()
    bad = flexible_request(0, 9, 1, b"\xff" * 30)
    assert bytes_of(feed(tap.client_sent, [bad])) == bad
    assert tap.opaque.startswith("Produce: ")
    assert sum(tap.unread.values()) == 1
    assert names(feed(tap.client_sent, [produce(2, ("orders", batch(["k"])))])) == [("PRODUCE", "orders/k")]


# -- size ---------------------------------------------------------------------------------------------------


def test_a_record_of_any_size_is_named_and_streams_through_in_constant_memory():
    tap, chunk = framer(), b"x" * 65536
    whole = produce(1, ("orders", batch(["big", "next"], value=b"v" * 200_000)))
    up = feed(tap.client_sent, split(whole, range(0, len(whole), 1024)))
    assert names(up) == [("PRODUCE", "orders/big")]  # the second one's key is beyond what is kept
    assert bytes_of(up) == whole
    assert len(up[0].data) == HEAD_MAX_BYTES
    size = 100 * 1024 * 1024
    tap = framer()
    whole = bytearray(produce(1, ("orders", batch(["big"], value=b"v" * 70_000))))
    head = whole[:400]
    head[0:4] = (size - 4).to_bytes(4, "big")
    passed = len(bytes_of(tap.client_sent(bytes(head))))
    while passed < size:
        passed += len(bytes_of(tap.client_sent(chunk[: size - passed - len(tap._requests.kept)])))
        assert len(tap._requests.kept) < HEAD_MAX_BYTES
    assert passed == size
    assert names(feed(tap.client_sent, [produce(2, ("orders", batch(["k"])))])) == [("PRODUCE", "orders/k")]
    assert not tap.opaque


def test_a_fetch_reply_of_any_size_is_named_by_the_records_in_its_head():
    tap = framer()
    feed(tap.client_sent, [fetch(1)])
    answer = fetched(1, ("orders", batch(["a"]) + batch(["b", "c"], value=b"v" * 300_000, base_offset=1)))
    down = feed(tap.server_sent, split(answer, range(0, len(answer), 5000)))
    assert names(down) == [("FETCH", "orders/a"), ("FETCH", "orders/b")]
    assert bytes_of(down) == answer
    assert not tap.opaque


def test_a_long_message_key_is_named_by_its_beginning():
    sent = produce(1, ("orders", batch(["k" * 3000])))
    assert names(feed(framer().client_sent, [sent])) == [("PRODUCE", "orders/" + "k" * 512)]


def test_an_offset_that_the_broker_refuses_was_not_committed():
    asked = request(
        OffsetCommitRequest_v2(
            "g", 3, "m", -1, [("orders", [(0, 7, ""), (1, 4, "")]), ("mail", [(0, 1, "")])]
        ),
        5,
    )
    told = reply(OffsetCommitResponse_v2([("orders", [(0, 25), (1, 0)]), ("mail", [(0, 22)])]), 5)
    one = framer()
    (exchange,) = (piece.exchange for piece in one.client_sent(asked))
    assert exchange is not None
    assert exchange.marks["offsets"] == [("orders", 0, 7), ("orders", 1, 4), ("mail", 0, 1)]
    one.server_sent(told)
    assert not one.unread
    assert exchange.marks["offsets"] == [("orders", 1, 4)]
