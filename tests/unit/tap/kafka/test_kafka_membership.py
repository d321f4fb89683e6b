"""What members of a group say and are told: who lives, who waits to be let in, and who learns of a rebalance."""

import pytest

from shaketable.real.tap.framer import Exchange
from shaketable.real.tap.kafka.framer import KafkaFramer
from tests.unit.tap.kafka.kafka_bytes import (
    NO_TAGS,
    array,
    flexible_reply,
    flexible_request,
    ints,
    prefixed,
    text,
)
from tests.unit.tap.streams import feed

JOIN, HEARTBEAT, LEAVE, SYNC, NEW_HEARTBEAT = 11, 12, 13, 14, 68
REBALANCE_IN_PROGRESS = 27
NO_TEXT = b"\0"


def classic(value: str | None) -> bytes:
    return b"\xff\xff" if value is None else len(value).to_bytes(2, "big") + value.encode()


def classic_request(key: int, version: int, body: bytes) -> bytes:
    return prefixed(ints((16, key), (16, version), (32, 1)) + classic("app") + body)


def classic_reply(body: bytes) -> bytes:
    return prefixed(ints((32, 1)) + body)


def exchanged(request: bytes, reply: bytes) -> Exchange:
    tap = KafkaFramer(lambda node_id, host, port: (host, port))
    (piece,) = feed(tap.client_sent, [request])
    feed(tap.server_sent, [reply])
    assert not tap.opaque
    assert piece.exchange is not None
    assert piece.exchange.names == (), "none of them is a boundary"
    return piece.exchange


def heartbeat(version: int, error: int) -> Exchange:
    if version < 4:
        body = classic("billing") + ints((32, 1)) + classic("m1") + (classic(None) if version >= 3 else b"")
        throttle = ints((32, 0)) if version >= 1 else b""
        return exchanged(
            classic_request(HEARTBEAT, version, body), classic_reply(throttle + ints((16, error)))
        )
    body = text("billing") + ints((32, 1)) + text("m1") + NO_TEXT + NO_TAGS
    return exchanged(
        flexible_request(HEARTBEAT, version, 1, body),
        flexible_reply(1, ints((32, 0), (16, error)) + NO_TAGS),
    )


@pytest.mark.parametrize("version", [0, 1, 3, 4])
@pytest.mark.parametrize(("error", "regroups"), [(0, False), (REBALANCE_IN_PROGRESS, True), (25, True)])
def test_a_heartbeat_tells_who_lives_and_its_answer_of_a_rebalance(version, error, regroups):
    marks = heartbeat(version, error).marks
    assert marks["membership"] == ("billing", "m1")
    assert marks["regroups"] is regroups
    assert "waits" not in marks


@pytest.mark.parametrize("version", [0, 3, 4, 5])
@pytest.mark.parametrize("error", [0, REBALANCE_IN_PROGRESS])
def test_a_member_that_asks_for_its_share_waits_and_is_given_it_or_not(version, error):
    kinds = (text("consumer") + text("range")) if version >= 5 else b""
    if version < 4:
        body = classic("billing") + ints((32, 1)) + classic("m1") + (classic(None) if version >= 3 else b"")
        throttle = ints((32, 0)) if version >= 1 else b""
        found = exchanged(
            classic_request(SYNC, version, body + ints((32, 0))),
            classic_reply(throttle + ints((16, error), (32, 0))),
        )
    else:
        body = text("billing") + ints((32, 1)) + text("m1") + NO_TEXT + kinds + array() + NO_TAGS
        answer = ints((32, 0), (16, error)) + kinds + array() + NO_TAGS
        found = exchanged(flexible_request(SYNC, version, 1, body), flexible_reply(1, answer))
    assert found.marks["waits"]
    assert found.marks["membership"] == ("billing", "m1")
    assert found.marks["regroups"]
    assert found.marks["assigned"] is (error == 0)


@pytest.mark.parametrize("version", [5, 7, 9])
def test_a_member_that_joins_goes_by_the_id_that_the_broker_gives_it(version):
    metadata = ints((16, 1), (32, 1)) + classic("orders") + ints((32, -1))
    if version < 6:
        body = classic("billing") + ints((32, 6_000), (32, 9_000)) + classic("") + classic(None)
        body += (
            classic("consumer")
            + ints((32, 1))
            + classic("range")
            + len(metadata).to_bytes(4, "big")
            + metadata
        )
        answer = ints((32, 0), (16, 0), (32, 4)) + classic("range") + classic("m7") + classic("m7")
        found = exchanged(classic_request(JOIN, version, body), classic_reply(answer + ints((32, 0))))
    else:
        protocol = text("range") + bytes([len(metadata) + 1]) + metadata + NO_TAGS
        body = text("billing") + ints((32, 6_000), (32, 9_000)) + text("") + NO_TEXT + text("consumer")
        body += array(protocol) + (text("why") if version >= 8 else b"") + NO_TAGS
        answer = ints((32, 0), (16, 0), (32, 4)) + text("consumer") + text("range") + text("m7")
        answer += (b"\0" if version >= 9 else b"") + text("m7") + array() + NO_TAGS
        found = exchanged(flexible_request(JOIN, version, 1, body), flexible_reply(1, answer))
    assert found.marks["joins"]
    assert found.marks["waits"]
    assert found.marks["session_ms"] == 6_000
    assert found.marks["subscribed"] == ("billing", ["orders"])
    assert found.marks["membership"] == ("billing", "m7")


@pytest.mark.parametrize("version", [1, 3, 5])
def test_members_that_leave_are_named(version):
    if version < 3:
        body = classic("billing") + classic("m1")
        found = exchanged(classic_request(LEAVE, version, body), classic_reply(ints((32, 0), (16, 0))))
        assert found.marks["left"] == [("billing", "m1")]
    elif version < 4:
        body = classic("billing") + ints((32, 2)) + b"".join(classic(m) + classic(None) for m in ("m1", "m2"))
        found = exchanged(classic_request(LEAVE, version, body), classic_reply(ints((32, 0), (16, 0))))
        assert found.marks["left"] == [("billing", "m1"), ("billing", "m2")]
    else:
        leaving = text("m1") + NO_TEXT + text("done") + NO_TAGS
        body = text("billing") + array(leaving) + NO_TAGS
        found = exchanged(
            flexible_request(LEAVE, version, 1, body), flexible_reply(1, ints((32, 0), (16, 0)))
        )
        assert found.marks["left"] == [("billing", "m1")]


def new_heartbeat(epoch: int, topics: bytes, assignment: bytes, error: int = 0) -> Exchange:
    body = text("billing") + text("m1") + ints((32, epoch)) + NO_TEXT + NO_TEXT + ints((32, 9_000)) + topics
    answer = ints((32, 0), (16, error)) + NO_TEXT + text("m1") + ints((32, 1), (32, 1_000)) + assignment
    return exchanged(
        flexible_request(NEW_HEARTBEAT, 0, 1, body + NO_TEXT + b"\0" + NO_TAGS),
        flexible_reply(1, answer + NO_TAGS),
    )


def test_a_member_of_the_newer_protocol_joins_lives_and_leaves_by_heartbeats():
    none, given = b"\xff", b"\x01" + array() + NO_TAGS
    joins = new_heartbeat(0, array(text("orders")), given).marks
    assert joins["joins"]
    assert joins["balanced_by_broker"]
    assert joins["subscribed"] == ("billing", ["orders"])
    assert joins["assigned"]
    lives = new_heartbeat(1, b"\0", none).marks
    assert lives["membership"] == ("billing", "m1")
    assert lives["regroups"] is False
    assert new_heartbeat(1, b"\0", given).marks["regroups"]
    assert new_heartbeat(1, b"\0", none, error=110).marks["regroups"]
    assert new_heartbeat(-1, b"\0", none).marks["left"] == [("billing", "m1")]


def test_a_version_that_is_not_known_passes_unread_and_the_next_message_is_read():
    tap = KafkaFramer(lambda node_id, host, port: (host, port))
    (first,) = feed(tap.client_sent, [flexible_request(HEARTBEAT, 9, 1, b"\xff" * 20)])
    assert first.exchange is not None
    assert first.exchange.marks == {}
    assert tap.opaque == "Heartbeat: version 9 is not known"
    body = classic("billing") + ints((32, 1)) + classic("m1")
    (second,) = feed(tap.client_sent, [classic_request(HEARTBEAT, 0, body)])
    assert second.exchange is not None
    assert second.exchange.marks["membership"] == ("billing", "m1")
