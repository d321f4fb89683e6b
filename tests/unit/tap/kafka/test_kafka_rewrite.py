"""Addresses of brokers in replies: only they change, in every version, and the length with them."""

import io

import pytest
from aiokafka.protocol.coordination import (
    FindCoordinatorRequest_v0,
    FindCoordinatorRequest_v1,
    FindCoordinatorResponse_v0,
    FindCoordinatorResponse_v1,
)
from aiokafka.protocol.metadata import (
    MetadataRequest_v0,
    MetadataRequest_v1,
    MetadataRequest_v2,
    MetadataRequest_v3,
    MetadataRequest_v4,
    MetadataRequest_v5,
    MetadataResponse_v0,
    MetadataResponse_v1,
    MetadataResponse_v2,
    MetadataResponse_v3,
    MetadataResponse_v5,
)
from hypothesis import given
from hypothesis import strategies as st

from shaketable.real.tap.kafka.framer import KafkaFramer
from shaketable.real.tap.kafka.messages import REWRITTEN_MAX_BYTES
from tests.unit.tap.kafka.kafka_bytes import (
    NO_TAGS,
    TAG,
    array,
    flexible_reply,
    flexible_request,
    ints,
    prefixed,
    reply,
    request,
    text,
)
from tests.unit.tap.streams import bytes_of, feed, split

EDGES = {1: ("127.0.0.1", 41001), 2: ("a-much-longer-name-of-an-edge.example", 2)}
BROKERS = {1: ("kafka-1", 9092), 2: ("k2", 9093)}
cuts = st.lists(st.integers(0, 10_000), max_size=20)


def framer() -> KafkaFramer:
    return KafkaFramer(lambda node_id, host, port: EDGES.get(node_id, (host, port)))


def through(asked: bytes, answered: bytes, where=()) -> bytes:
    tap = framer()
    feed(tap.client_sent, [asked])
    down = feed(tap.server_sent, split(answered, where))
    assert not tap.opaque
    assert len(down) == 1
    assert down[0].first
    assert down[0].last
    return bytes_of(down)


# -- classic versions, written by aiokafka --------------------------------------------------------------------

V0_TOPICS = [(0, "orders", [(0, 0, 1, [1, 2], [1])])]
V1_TOPICS = [(0, "orders", False, [(0, 0, 1, [1, 2], [1])])]
V5_TOPICS = [(0, "orders", False, [(0, 0, 1, [1, 2], [1], [])])]


def racked(brokers):
    return [(node, host, port, "r") for node, (host, port) in brokers.items()]


def metadata(version: int, brokers) -> bytes:
    built = [
        lambda: MetadataResponse_v0([b[:3] for b in racked(brokers)], V0_TOPICS),
        lambda: MetadataResponse_v1(racked(brokers), 1, V1_TOPICS),
        lambda: MetadataResponse_v2(racked(brokers), "cluster", 1, V1_TOPICS),
        lambda: MetadataResponse_v3(9, racked(brokers), "cluster", 1, V1_TOPICS),
        lambda: MetadataResponse_v3(9, racked(brokers), "cluster", 1, V1_TOPICS),
        lambda: MetadataResponse_v5(9, racked(brokers), "cluster", 1, V5_TOPICS),
    ]
    return reply(built[version](), 4)


ASK = [
    MetadataRequest_v0([]),
    MetadataRequest_v1([]),
    MetadataRequest_v2([]),
    MetadataRequest_v3([]),
    MetadataRequest_v4([], False),
    MetadataRequest_v5([], False),
]


@pytest.mark.parametrize("version", range(6))
def test_metadata_of_classic_versions_names_the_edges(version):
    answer = through(request(ASK[version], 4), metadata(version, BROKERS), [30, 60])
    assert answer == metadata(version, EDGES)
    if version == 5:  # and it is what the client's own class reads
        read = MetadataResponse_v5.decode(io.BytesIO(answer[8:]))
        assert [b[1:3] for b in read.brokers] == list(EDGES.values())


@pytest.mark.parametrize("version", [0, 1])
def test_find_coordinator_of_classic_versions_names_the_edge(version):
    if version:
        asked = FindCoordinatorRequest_v1("g", 0)
        before, after = (FindCoordinatorResponse_v1(0, 0, None, 2, *at) for at in (BROKERS[2], EDGES[2]))
    else:
        asked = FindCoordinatorRequest_v0("g")
        before, after = (FindCoordinatorResponse_v0(0, 1, *at) for at in (BROKERS[1], EDGES[1]))
    assert through(request(asked, 3), reply(before, 3)) == reply(after, 3)


def test_a_coordinator_that_does_not_exist_keeps_its_empty_address():
    none = reply(FindCoordinatorResponse_v1(0, 15, "not available", -1, "", -1), 3)
    assert through(request(FindCoordinatorRequest_v1("g", 0), 3), none) == none


# -- flexible versions ------------------------------------------------------------------------------------------


def compact_brokers(brokers, more: bytes = b"", tags: bytes = TAG) -> bytes:
    return array(
        *(
            ints((32, node)) + text(host) + ints((32, port)) + text("rack") + more + tags
            for node, (host, port) in brokers.items()
        )
    )


def flexible_metadata(version: int, brokers) -> bytes:
    partition = ints((16, 0), (32, 0), (32, 1), (32, 5)) + array(ints((32, 1))) * 2 + array() + TAG
    topic_id = b"\x07" * 16 if version >= 10 else b""
    topic = ints((16, 0)) + text("orders") + topic_id + b"\0" + array(partition) + ints((32, 0)) + TAG
    body = ints((32, 0)) + compact_brokers(brokers) + text("cluster") + ints((32, 1)) + array(topic)
    if version <= 10:
        body += ints((32, 0))
    if version >= 13:
        body += ints((16, 0))
    return flexible_reply(4, body + NO_TAGS)


@pytest.mark.parametrize("version", range(9, 14))
@given(where=cuts)
def test_metadata_of_flexible_versions_names_the_edges(version, where):
    asked = flexible_request(3, version, 4, array() + NO_TAGS)
    assert through(asked, flexible_metadata(version, BROKERS), where) == flexible_metadata(version, EDGES)


@pytest.mark.parametrize("version", range(3, 7))
def test_find_coordinator_of_flexible_versions_names_the_edges(version):
    def answer(brokers):
        if version == 3:
            host, port = brokers[2]
            body = ints((32, 0), (16, 0)) + text(None) + ints((32, 2)) + text(host) + ints((32, port))
            return flexible_reply(4, body + TAG)
        found = (
            text(f"group-{node}") + ints((32, node)) + text(host) + ints((32, port), (16, 0)) + text("") + TAG
            for node, (host, port) in brokers.items()
        )
        return flexible_reply(4, ints((32, 0)) + array(*found) + TAG)

    asked = flexible_request(10, version, 4, NO_TAGS)
    assert through(asked, answer(BROKERS)) == answer(EDGES)


@pytest.mark.parametrize("version", range(3))
def test_describe_cluster_names_the_edges(version):
    def answer(brokers):
        body = ints((32, 0), (16, 0)) + text(None) + (b"\1" if version else b"") + text("cluster")
        body += ints((32, 1)) + compact_brokers(brokers, b"\0" if version == 2 else b"") + ints((32, 0))
        return flexible_reply(4, body + NO_TAGS)

    asked = flexible_request(60, version, 4, NO_TAGS)
    assert through(asked, answer(BROKERS)) == answer(EDGES)


# -- what stays as it is ------------------------------------------------------------------------------------------


def test_an_address_that_is_advertised_as_it_is_leaves_every_byte():
    tap = KafkaFramer(lambda node_id, host, port: (host, port))
    feed(tap.client_sent, [flexible_request(3, 12, 4, array() + NO_TAGS)])
    answer = flexible_metadata(12, BROKERS)
    assert bytes_of(feed(tap.server_sent, [answer])) == answer


def test_a_reply_that_cannot_be_read_passes_unchanged_and_is_told():
    tap = framer()
    feed(tap.client_sent, [request(ASK[5], 4)])
    answer = metadata(5, BROKERS)
    broken = prefixed(answer[4:30])
    assert bytes_of(feed(tap.server_sent, [broken])) == broken
    assert "cut off" in tap.opaque
    feed(tap.client_sent, [request(ASK[5], 4)])
    assert bytes_of(feed(tap.server_sent, [answer])) == metadata(5, EDGES)


def test_a_reply_whose_topics_cannot_be_read_still_names_the_edges():
    tap = framer()
    feed(tap.client_sent, [flexible_request(3, 12, 4, array() + NO_TAGS)])
    cut = 10
    before, after = (prefixed(flexible_metadata(12, b)[4:-cut]) for b in (BROKERS, EDGES))
    assert bytes_of(feed(tap.server_sent, [before])) == after
    assert "Metadata: " in tap.opaque


def test_a_reply_that_is_too_long_to_keep_passes_unchanged_and_is_told():
    tap = framer()
    feed(tap.client_sent, [request(ASK[5], 4)])
    answer = metadata(5, BROKERS)
    long = prefixed(answer[4:] + b"\0" * REWRITTEN_MAX_BYTES)
    down = feed(tap.server_sent, split(long, range(0, len(long), 65536)))
    assert bytes_of(down) == long
    assert len(down) > 10
    assert "keeps its addresses" in tap.opaque
