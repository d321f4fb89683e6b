"""HTTP through the tap: named exchanges, and never a lost or changed byte."""

from hypothesis import given
from hypothesis import strategies as st

from shaketable.real.tap.framer import HEAD_MAX_BYTES
from shaketable.real.tap.http import HttpFramer
from tests.unit.tap.streams import assert_transparent, bytes_of, feed, names, split

POST = b"POST /charges?x=1 HTTP/1.1\r\nHost: p\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST /mails HTTP/1.1\r\nHost: p\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
GET = b"GET /orders/o1 HTTP/1.1\r\nHost: p\r\n\r\n"
HEAD = b"HEAD /x HTTP/1.1\r\nHost: p\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
HEAD_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

cuts = st.lists(st.integers(0, 10_000), max_size=20)


@given(cuts)
def test_requests_are_named_by_method_and_path_in_any_splits(where):
    up, down = assert_transparent(HttpFramer(), POST + CHUNKED + GET, OK + CONTINUE + NO_CONTENT + OK, where)
    assert names(up) == [("POST", "/charges"), ("POST", "/mails"), ("GET", "/orders/o1")]
    assert names(down) == names(up)
    assert [p.exchange for p in up if p.first] == [p.exchange for p in down if p.first]
    assert sum(p.last for p in up) == sum(p.last for p in down) == 3
    assert bytes_of(up) == POST + CHUNKED + GET
    assert bytes_of(down) == OK + CONTINUE + NO_CONTENT + OK


def test_a_reply_to_head_has_no_body():
    framer = HttpFramer()
    feed(framer.client_sent, [HEAD + GET])
    down = feed(framer.server_sent, [HEAD_OK + OK])
    assert names(down) == [("HEAD", "/x"), ("GET", "/orders/o1")]


@given(st.binary(max_size=300), st.binary(max_size=300), cuts)
def test_garbage_passes_unchanged(sent, answered, where):
    framer = HttpFramer()
    assert_transparent(framer, sent, answered, where)
    if framer.opaque:
        assert bytes_of(feed(framer.client_sent, split(b"more", where))).endswith(b"more")


@given(st.integers(0, len(POST + GET)), st.binary(max_size=100), cuts)
def test_a_conversation_that_turns_to_garbage_passes_unchanged(valid, garbage, where):
    assert_transparent(HttpFramer(), (POST + GET)[:valid] + garbage, OK + garbage, where)


def test_after_garbage_everything_is_opaque_and_says_why():
    framer = HttpFramer()
    sent = b"\x16\x03\x01 not http \r\n\r\n" + GET
    assert bytes_of(feed(framer.client_sent, [sent])) == sent
    assert "not HTTP/1.1" in framer.opaque


def test_a_head_that_never_ends_is_not_kept_for_ever():
    framer = HttpFramer()
    sent = b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * (2 * HEAD_MAX_BYTES)
    assert bytes_of(feed(framer.client_sent, split(sent, range(0, len(sent), 4096)))) == sent
    assert framer.opaque


def test_a_body_of_any_size_streams_through_in_constant_memory():
    framer, chunk, chunks = HttpFramer(), b"x" * 65536, 1600
    head = b"POST /big HTTP/1.1\r\nHost: p\r\nContent-Length: %d\r\n\r\n" % (len(chunk) * chunks)
    passed = len(bytes_of(framer.client_sent(head)))
    for _ in range(chunks):
        passed += len(bytes_of(framer.client_sent(chunk)))
        assert len(framer._requests._kept) == 0
    assert passed == len(head) + len(chunk) * chunks
    assert names(feed(framer.client_sent, [GET])) == [("GET", "/orders/o1")]
