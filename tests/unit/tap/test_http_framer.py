"""HTTP through the tap: named exchanges, and never a lost or changed byte."""

import pytest
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


@given(cuts)
def test_lines_that_end_with_a_line_feed_alone_are_read(where):
    sent, answered = POST.replace(b"\r\n", b"\n") + GET, OK.replace(b"\r\n", b"\n") + OK
    framer = HttpFramer()
    up, down = assert_transparent(framer, sent, answered, where)
    assert names(up) == names(down) == [("POST", "/charges"), ("GET", "/orders/o1")]
    assert bytes_of(up) == sent
    assert not framer.opaque


@given(cuts)
def test_a_request_without_host_is_named(where):
    sent = POST.replace(b"Host: p\r\n", b"") + CHUNKED.replace(b"Host: p\r\n", b"")
    framer = HttpFramer()
    up, _ = assert_transparent(framer, sent, OK + OK, where)
    assert names(up) == [("POST", "/charges"), ("POST", "/mails")]
    assert bytes_of(up) == sent
    assert not framer.opaque


@given(cuts)
def test_trailers_end_a_body_in_chunks(where):
    chunks = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nDigest: x\r\nOther: y\r\n\r\n"
    sent = b"POST /mails HTTP/1.1\r\nHost: p\r\n" + chunks + GET
    answered = b"HTTP/1.1 200 OK\r\n" + chunks + OK
    up, down = assert_transparent(HttpFramer(), sent, answered, where)
    assert names(up) == names(down) == [("POST", "/mails"), ("GET", "/orders/o1")]
    assert sum(p.last for p in down) == 2


def test_a_head_is_passed_on_before_the_body_that_waits_for_100_continue():
    head, body = POST[:-5].replace(b"Host", b"Expect: 100-continue\r\nHost"), POST[-5:]
    framer = HttpFramer()
    assert bytes_of(feed(framer.client_sent, [head])) == head
    assert bytes_of(feed(framer.server_sent, [CONTINUE])) == CONTINUE
    (last,) = feed(framer.client_sent, [body])
    assert last.last
    assert names(feed(framer.server_sent, [OK])) == [("POST", "/charges")]


@given(cuts)
def test_an_answer_without_a_body_ends_with_its_head_whatever_its_length_says(where):
    not_modified = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 999\r\n\r\n"
    _, down = assert_transparent(HttpFramer(), GET + HEAD + GET, not_modified + HEAD_OK + NO_CONTENT, where)
    assert names(down) == [("GET", "/orders/o1"), ("HEAD", "/x"), ("GET", "/orders/o1")]
    assert sum(p.last for p in down) == 3


@given(cuts)
def test_empty_lines_in_front_of_a_request_are_passed_over(where):
    sent = b"\r\n\r\n" + GET + b"\r\n" + POST
    framer = HttpFramer()
    up, _ = assert_transparent(framer, sent, OK + OK, where)
    assert names(up) == [("GET", "/orders/o1"), ("POST", "/charges")]
    assert bytes_of(up) == sent


CONNECT = b"CONNECT bank:443 HTTP/1.1\r\nHost: bank:443\r\n\r\n"
UPGRADE = b"GET /live HTTP/1.1\r\nHost: p\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


@pytest.mark.parametrize(
    ("asked", "answered", "name", "why"),
    [
        (CONNECT, ESTABLISHED, ("CONNECT", "bank:443"), "a tunnel was opened by CONNECT"),
        (UPGRADE, SWITCHING, ("GET", "/live"), "the connection was upgraded"),
    ],
    ids=["tunnel", "upgrade"],
)
def test_what_follows_a_switch_passes_at_once_in_both_directions(asked, answered, name, why):
    framer = HttpFramer()
    up = feed(framer.client_sent, [asked])
    down = feed(framer.server_sent, [answered + b"\x01s"])
    assert names(up) == names(down) == [name]
    assert sum(p.last for p in down) == 1
    assert bytes_of(down) == answered + b"\x01s"
    assert bytes_of(feed(framer.client_sent, [b"\x16\x03 no line"])) == b"\x16\x03 no line"
    assert bytes_of(feed(framer.server_sent, [b"\x16"])) == b"\x16"
    assert framer.opaque == why


@pytest.mark.parametrize("asked", [CONNECT, UPGRADE], ids=["tunnel", "upgrade"])
def test_a_client_that_does_not_wait_for_the_switch_is_not_kept_waiting(asked):
    framer = HttpFramer()
    assert bytes_of(feed(framer.client_sent, [asked + b"\x16\x03 no line"])) == asked + b"\x16\x03 no line"
    assert framer.opaque


def test_a_switch_that_is_refused_leaves_the_connection_as_it_is():
    refused = b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 2\r\n\r\nno"
    framer = HttpFramer()
    for asked, answered in ((CONNECT, refused), (UPGRADE, OK), (GET, OK)):
        assert len(names(feed(framer.client_sent, [asked]))) == 1
        assert len(names(feed(framer.server_sent, [answered]))) == 1
    assert not framer.opaque


@pytest.mark.parametrize(
    "sent",
    [b"\x16\x03\x01\x02\x00\x01", b"GET /\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b" GET / HTTP/1.1\r\n"],
    ids=["TLS", "HTTP/0.9", "HTTP/2", "a space"],
)
def test_what_is_no_request_of_http_1_passes_at_once(sent):
    framer = HttpFramer()
    assert bytes_of(feed(framer.client_sent, [sent])) == sent
    assert framer.opaque
