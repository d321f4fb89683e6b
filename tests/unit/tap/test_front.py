"""One address in front of the edges of two replicas: whose turn it is, and what it does while one or both are down."""

from __future__ import annotations

import asyncio
import contextlib

from shaketable.fault import CrashReceiver, Partition
from shaketable.network.link_state import LinkState
from shaketable.network.replica_roles import Roles
from shaketable.real.tap.edge import Edge
from shaketable.real.tap.front import Front
from shaketable.real.tap.http import HttpFramer
from tests.unit.tap.test_edge import REPLY, REQUEST, Scene

PAY = "shop>bank POST /pay #1"
BANKS = ("bank-1", "bank-2")


class TwoBanks(Scene):
    """Two banks that count the requests to each, and one address in front of both."""

    async def __aenter__(self) -> TwoBanks:
        self.board.roles = Roles([(bank, "bank") for bank in BANKS], ("shop",))
        self.servers, self.edges, self.of = {}, {}, dict.fromkeys(BANKS, 0)
        for bank in BANKS:
            server = self.servers[bank] = await asyncio.start_server(self.serving_as(bank), "127.0.0.1", 0)
            upstream = server.sockets[0].getsockname()[:2]
            self.edges[bank] = Edge("shop", bank, upstream, HttpFramer, self.board)
            await self.edges[bank].open()
        self.edge = self.front = Front("bank", self.edges, self.board)
        for edge in self.edges.values():
            edge.front = self.front
        await self.front.open("127.0.0.1")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.front.close()
        for edge in self.edges.values():
            await edge.close()
        for server in self.servers.values():
            server.close()
        await asyncio.wait_for(asyncio.gather(*self.serving), 2)

    def serving_as(self, bank):
        async def serve(reader, writer) -> None:
            self.serving[asyncio.current_task()] = None
            with (
                contextlib.closing(writer),
                contextlib.suppress(asyncio.IncompleteReadError, ConnectionError),
            ):
                while True:
                    await reader.readexactly(len(REQUEST))
                    self.of[bank] += 1
                    writer.write(REPLY)

        return serve


def run(play) -> None:
    async def main() -> None:
        async with TwoBanks() as scene:
            await play(scene)

    asyncio.run(main())


def test_connections_go_to_each_replica_in_turn_and_are_counted_together():
    async def play(scene: TwoBanks) -> None:
        assert [await scene.ask() for _ in range(4)] == ["ok"] * 4
        assert scene.of == {"bank-1": 2, "bank-2": 2}
        assert [str(b) for b in scene.board.crossed] == [PAY.replace("#1", f"#{n}") for n in (1, 2, 3, 4)]

    run(play)


def test_one_that_is_down_is_passed_over():
    async def play(scene: TwoBanks) -> None:
        scene.edges["bank-1"].refuse()
        assert [await scene.ask() for _ in range(3)] == ["ok"] * 3
        assert scene.of == {"bank-1": 0, "bank-2": 3}
        await scene.edges["bank-1"].accept()
        assert [await scene.ask() for _ in range(2)] == ["ok"] * 2
        assert scene.of == {"bank-1": 1, "bank-2": 4}

    run(play)


def test_it_refuses_while_both_are_down_and_listens_again_on_its_port():
    async def play(scene: TwoBanks) -> None:
        port = scene.front.port
        for edge in scene.edges.values():
            edge.refuse()
        assert await scene.ask() == "refused"
        await asyncio.gather(
            *(edge.accept() for edge in scene.edges.values())
        )  # a heal brings both back at once
        assert scene.front.port == port
        assert await scene.ask() == "ok"

    run(play)


def test_a_listener_that_is_to_refuse_while_it_starts_refuses():
    async def play(scene: TwoBanks) -> None:
        edge = scene.edges["bank-1"]
        edge.refuse()
        accepting = asyncio.ensure_future(edge.accept())
        await asyncio.sleep(0)
        edge.refuse()
        await accepting
        assert not edge.accepts

    run(play)


def test_a_fault_strikes_the_replica_that_got_the_message():
    async def play(scene: TwoBanks) -> None:
        scene.arm(CrashReceiver(at=PAY.replace("#1", "#2"), leg="request", down_ms=70))
        assert [await scene.ask(), await scene.ask()] == ["ok", "reset"]
        assert scene.power.lost == [("bank-2", 70)]

    run(play)


def test_one_that_is_cut_off_gets_its_share_in_vain():
    async def play(scene: TwoBanks) -> None:
        event = scene.history.add(scene.now_ms(), "fault", "shop", "x")
        state = LinkState(Partition(sender="shop", receiver="bank-2", for_ms=1_000), event)
        scene.board.links["shop", "bank-2"] = [state]
        assert [await scene.ask() for _ in range(3)] == ["ok", "silence", "ok"]
        assert scene.of == {"bank-1": 2, "bank-2": 0}

    run(play)
