"""JoinGroup requests in both encodings, and those that cannot be read."""

import pytest

from shaketable.real.tap.framer import Marks
from shaketable.real.tap.kafka.api import JOIN_GROUP
from shaketable.real.tap.kafka.membership import read_group_request
from shaketable.real.tap.kafka.wire_format import Reader, Truncated, Unreadable, encode_text, encode_uvarint


def text(value: str, flexible: bool) -> bytes:
    return encode_text(value, flexible=flexible)


def subscription(*topics: str) -> bytes:
    names = b"".join(text(topic, False) for topic in topics)
    return (
        (1).to_bytes(2, "big") + len(topics).to_bytes(4, "big") + names + (-1).to_bytes(4, "big", signed=True)
    )


def join(version: int, *topics: str, kind: str = "consumer") -> bytes:
    """Encode one from behind the header of the request."""
    flexible = version >= 6

    def size(count: int) -> bytes:
        return encode_uvarint(count + 1) if flexible else count.to_bytes(4, "big")

    metadata = subscription(*topics)
    tags = b"\0" if flexible else b""
    return b"".join(
        [
            text("billing", flexible),
            (1_000).to_bytes(4, "big"),
            (5_000).to_bytes(4, "big") if version >= 1 else b"",
            text("member", flexible),
            (b"\0" if flexible else b"\xff\xff") if version >= 5 else b"",  # no group instance
            text(kind, flexible),
            size(1) + text("range", flexible) + size(len(metadata)) + metadata + tags,
            tags,
        ]
    )


@pytest.mark.parametrize("version", [0, 1, 4, 5, 6, 9])
def test_the_group_and_its_topics_are_read_in_every_version(version):
    reader = Reader(join(version, "orders", "payments"), flexible=version >= 6)
    marks = Marks()
    read_group_request(reader, JOIN_GROUP, version, marks)
    assert marks["subscribed"] == ("billing", ["orders", "payments"])
    assert marks["membership"] == ("billing", "member")
    assert marks["session_ms"] == 1_000


def test_a_group_that_shares_something_else_than_topics_is_unreadable():
    with pytest.raises(Unreadable):
        read_group_request(Reader(join(5, "orders", kind="connect")), JOIN_GROUP, 5, Marks())


def test_a_request_that_is_cut_off_is_told_from_a_short_one():
    whole = join(5, "orders")
    for end in range(len(whole) - 4):
        with pytest.raises(Truncated):
            read_group_request(Reader(whole[:end]), JOIN_GROUP, 5, Marks())
