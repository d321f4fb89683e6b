"""A 5xx that the edge answers in the server's stead: before its effect or after it, in its turn, on a connection that stays."""

from __future__ import annotations

import asyncio

import pytest

from shaketable.fault import Hold, ServerError
from shaketable.real.tap.http import HttpFramer
from tests.unit.tap.streams import bytes_of, feed
from tests.unit.tap.test_edge import PAY, REPLY, REQUEST, Scene, run

SECOND = PAY.replace("#1", "#2")
BODY = b'{"error": "Service Unavailable"}'
FAILED = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: 32\r\n\r\n" + BODY
)
CHUNKED = b"POST /pay HTTP/1.1\r\nHost: p\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
HEAD = b"HEAD /pay HTTP/1.1\r\nHost: p\r\n\r\n"


async def told(scene: Scene, wanted: bytes, requests: bytes) -> None:
    """Send the requests at once on one connection and check all that comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", scene.edge.port)
    writer.write(requests)
    assert await asyncio.wait_for(reader.readexactly(len(wanted)), 2) == wanted
    writer.close()


@pytest.mark.parametrize(("leg", "served"), [("request", 0), ("reply", 1)])
def test_a_request_is_answered_before_or_after_its_effect_and_the_connection_stays(leg, served):
    async def play(scene: Scene) -> None:
        scene.arm(ServerError(at=PAY, leg=leg))
        reader, writer = await asyncio.open_connection("127.0.0.1", scene.edge.port)
        for wanted, so_far in ((FAILED, served), (REPLY, served + 1)):
            writer.write(REQUEST)
            assert await asyncio.wait_for(reader.readexactly(len(wanted)), 2) == wanted
            assert scene.served == so_far
        writer.close()
        assert scene.receipts == [f"server_error on the {leg} of {PAY}"]
        assert not scene.edge.awaits_reply

    run(play)


def test_an_answer_that_no_server_gave_comes_in_its_turn_among_pipelined_ones():
    async def play(scene: Scene) -> None:
        scene.arm(Hold(at=PAY, leg="reply", for_ms=50))
        scene.arm(ServerError(at=SECOND, leg="request"))
        await told(scene, REPLY + FAILED + REPLY, 3 * REQUEST)
        assert scene.served == 2

    run(play)


def test_two_requests_in_a_row_may_fail():
    async def play(scene: Scene) -> None:
        scene.arm(ServerError(at=PAY, leg="request"))
        scene.arm(ServerError(at=SECOND, leg="reply"))
        await told(scene, FAILED + FAILED + REPLY, 3 * REQUEST)
        assert scene.served == 2

    run(play)


def test_its_own_reply_leg_may_be_late_too():
    async def play(scene: Scene) -> None:
        scene.arm(ServerError(at=PAY, leg="request"))
        scene.arm(Hold(at=PAY, leg="reply", for_ms=50))
        before = scene.now_ms()
        await told(scene, FAILED, REQUEST)
        assert scene.now_ms() - before >= 50

    run(play)


def test_the_answer_to_a_request_for_a_head_has_no_body():
    framer = HttpFramer()
    (exchange,) = [piece.exchange for piece in framer.client_sent(HEAD) if piece.first]
    assert framer.failed(exchange, 503, {"error": "Service Unavailable"}) == FAILED.removesuffix(BODY)


def test_a_status_without_a_phrase_is_answered_all_the_same():
    framer = HttpFramer()
    (exchange,) = [piece.exchange for piece in framer.client_sent(REQUEST) if piece.first]
    fault = ServerError(at=PAY, leg="request", status=599)
    assert framer.failed(exchange, 599, fault.body).startswith(b"HTTP/1.1 599 \r\n")


def test_a_request_that_the_server_never_gets_takes_no_other_one_s_answer():
    framer = HttpFramer()
    first, second = [p.exchange for p in feed(framer.client_sent, [CHUNKED + REQUEST]) if p.first]
    framer.answer_unserved(first, FAILED)
    down = feed(framer.server_sent, [b"", REPLY])
    assert bytes_of(down) == FAILED + REPLY
    assert [p.exchange for p in down if p.first] == [first, second]


def test_only_5xx_is_a_server_error():
    with pytest.raises(ValueError, match="status must be 500 to 599, got 404"):
        ServerError(at=PAY, leg="request", status=404)
