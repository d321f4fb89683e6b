"""A client of a real service that closes its half of the connection behind its request, through the tap and Toxiproxy."""

import asyncio

from shaketable.history import History
from shaketable.real.bounded_waits import wait_until
from shaketable.real.processes.launcher import ProcessLauncher
from shaketable.real.stack.readiness import accepts
from shaketable.real.tap.edge import Edge
from shaketable.real.tap.http import HttpFramer
from shaketable.real.tap.switchboard import Switchboard
from shaketable.subject import Part
from tests.processes.started import NOTHING, needs_the_extra, run, started

pytestmark = needs_the_extra
GREETER = Part("greeter", lambda _: None, entry="tests.processes.tiny_service:serve")
WITHIN_S = 10


class NoPower:
    async def crash(self, party: str, down_ms: int) -> bool:
        return False


async def said_to(port: int, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), WITHIN_S)
    finally:
        writer.close()


async def serve(launcher: ProcessLauncher) -> Edge:
    host, port = launcher.address(GREETER.name)
    env = {"HTTP_HOST": host, "HTTP_PORT": str(port), "GREETING": "good morning"}
    await launcher.start_service(GREETER, env)
    await wait_until(lambda: accepts(host, port), within_s=WITHIN_S, what="the greeter")
    board = Switchboard(NoPower(), lambda: 0, str)
    board.begin(History(), frozenset(), trace=True)
    edge = Edge("client", GREETER.name, (host, port), HttpFramer, board)
    await edge.open()
    return edge


def test_it_gets_its_answer_with_and_without_host_and_by_bare_line_feeds():
    async def story() -> None:
        async with started(NOTHING) as launcher:
            edge = await serve(launcher)
            try:
                for head in (
                    b"GET /a HTTP/1.1\r\nHost: g\r\n\r\n",
                    b"GET /b HTTP/1.1\r\n\r\n",
                    b"GET /c HTTP/1.1\n\n",
                ):
                    answer = await said_to(edge.port, head)
                    assert answer.endswith(b"good morning"), head
                crossed = [str(one) for one in edge._board.crossed or ()]
                assert crossed == [f"client>greeter GET /{path} #1" for path in "abc"]
                assert not edge.opaque
            finally:
                await edge.close()

    run(story())
