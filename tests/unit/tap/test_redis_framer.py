"""RESP through the tap: named commands, replies in order, and never a lost or changed byte."""

from hypothesis import given
from hypothesis import strategies as st

from shaketable.real.tap.redis import RedisFramer
from tests.unit.tap.streams import assert_transparent, bytes_of, feed, names, split


def command(*words: str) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words)


COMMANDS = [
    command("HELLO", "3"),
    command("SET", "queue:1", "v" * 3000, "NX"),
    command("GET", "a key#1"),
    command("EVALSHA", "abc", "1", "lock:x", "token"),
    b"PING\r\n",
    command("ZRANGE", "q", "0", "-1", "WITHSCORES"),
    command("GET", ""),
]
REPLIES = [
    b"%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:3\r\n",
    b"+OK\r\n",
    b"$-1\r\n",
    b">2\r\n+message\r\n$2\r\nhi\r\n:1\r\n",
    b"+PONG\r\n",
    b"*2\r\n*2\r\n$1\r\na\r\n,1.5\r\n*0\r\n",
    b"$2\r\n\r\n\r\n",
]
NAMES = [("SET", "queue:1"), ("GET", "a_key_1"), ("EVALSHA", "lock:x"), ("ZRANGE", "q"), ("GET", "")]
cuts = st.lists(st.integers(0, 10_000), max_size=30)


@given(cuts)
def test_commands_are_named_and_answered_in_order_in_any_splits(where):
    sent, answered = b"".join(COMMANDS), b"".join(REPLIES)
    up, down = assert_transparent(RedisFramer(), sent, answered, where)
    assert names(up) == NAMES
    assert names(down) == NAMES
    assert [p.exchange for p in down if p.first] == [p.exchange for p in up if p.first]
    assert sum(p.last for p in up) == sum(p.last for p in down) == len(COMMANDS)


@given(cuts)
def test_no_byte_of_a_reply_comes_out_before_its_first_piece(where):
    framer = RedisFramer()
    feed(framer.client_sent, [command("GET", "k")])
    down = feed(framer.server_sent, split(b"$300\r\n" + b"x" * 300 + b"\r\n", where))
    assert down[0].first
    assert all(p.exchange is not None for p in down)


@given(st.binary(max_size=300), st.binary(max_size=300), cuts)
def test_garbage_passes_unchanged(sent, answered, where):
    assert_transparent(RedisFramer(), sent, answered, where)


@given(st.integers(0, 200), st.binary(max_size=100), cuts)
def test_a_conversation_that_turns_to_garbage_passes_unchanged(valid, garbage, where):
    sent, answered = b"".join(COMMANDS), b"".join(REPLIES)
    assert_transparent(RedisFramer(), sent[:valid] + garbage, answered[:valid] + garbage, where)


def test_what_was_kept_of_one_direction_goes_first_when_the_other_turns_out_to_be_no_resp():
    framer = RedisFramer()
    half = command("GET", "k")[:6]
    assert bytes_of(framer.client_sent(half)) == b""
    assert bytes_of(framer.server_sent(b"what?\r\n")) == b"what?\r\n"
    assert bytes_of(framer.client_sent(b"more")) == half + b"more"


def test_a_stream_that_is_no_resp_is_opaque_and_says_why():
    framer = RedisFramer()
    feed(framer.client_sent, [command("GET", "k")])
    assert bytes_of(framer.server_sent(b"what?\r\n")) == b"what?\r\n"
    assert "no RESP type" in framer.opaque


def test_a_value_of_any_size_streams_through_in_constant_memory():
    framer, chunk, chunks = RedisFramer(), b"x" * 65536, 1600
    size = len(chunk) * chunks
    head = b"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$%d\r\n" % size
    passed = len(bytes_of(framer.client_sent(head)))
    for _ in range(chunks):
        passed += len(bytes_of(framer.client_sent(chunk)))
        assert len(framer._head) < 1000
    passed += len(bytes_of(framer.client_sent(b"\r\n")))
    assert passed == len(head) + size + 2
    assert names(feed(framer.client_sent, [command("GET", "k")])) == [("GET", "k")]
