"""Each message fault on a real connection through an edge, as docs/faults.md has it."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from shaketable.fault import CrashReceiver, CrashSender, Cut, Drop, Duplicate, Hold, Latency, Partition
from shaketable.history import History
from shaketable.network.link_state import LinkState
from shaketable.network.replica_roles import Roles
from shaketable.real.tap.edge import Edge
from shaketable.real.tap.http import HttpFramer
from shaketable.real.tap.switchboard import Switchboard

PAY = "shop>bank POST /pay #1"
REQUEST = b"POST /pay HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n\r\nhi"
REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Outage:
    """A power that only writes down who lost it."""

    def __init__(self) -> None:
        self.lost: list[tuple[str, int]] = []

    async def crash(self, party: str, down_ms: int) -> bool:
        self.lost.append((party, down_ms))
        return True


class Scene:
    """A bank that counts requests, an edge in front of it, and a shop that asks."""

    def __init__(self) -> None:
        self.power = Outage()
        self.started = time.monotonic()
        self.history = History()
        self.board = Switchboard(self.power, self.now_ms, lambda key: key)
        self.board.begin(self.history, frozenset(), trace=True)
        self.served = 0
        self.serving: dict = {}

    def now_ms(self) -> int:
        return int((time.monotonic() - self.started) * 1000)

    def arm(self, fault) -> None:
        event = self.history.add(self.now_ms(), "fault", "shop", "x")
        self.board.arming.arm(fault, event)

    def link(self, fault) -> LinkState:
        state = LinkState(fault, self.history.add(self.now_ms(), "fault", "shop", "x"))
        self.board.links["shop", "bank"] = [state]
        return state

    @property
    def receipts(self) -> list[str]:
        return [e.value["what"] for e in self.history if e.kind == "receipt"]

    async def serve(self, reader, writer) -> None:
        self.serving[asyncio.current_task()] = None
        with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readexactly(len(REQUEST))
                self.served += 1
                writer.write(REPLY)

    async def __aenter__(self) -> Scene:
        self.bank = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        upstream = self.bank.sockets[0].getsockname()[:2]
        self.edge = Edge("shop", "bank", upstream, HttpFramer, self.board)
        await self.edge.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.edge.close()
        self.bank.close()
        await asyncio.wait_for(asyncio.gather(*self.serving), 2)

    async def ask(self, within_s: float = 0.3) -> str:
        """Return `ok`, `reset`, `closed`, `refused` or `silence`."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.edge.port)
        except ConnectionRefusedError:
            return "refused"
        try:
            writer.write(REQUEST)
            answer = await asyncio.wait_for(reader.read(len(REPLY)), within_s)
        except TimeoutError:
            return "silence"
        except ConnectionError:
            return "reset"
        finally:
            writer.close()
        return "ok" if answer == REPLY else "closed"


def run(play) -> None:
    async def main() -> None:
        async with Scene() as scene:
            await play(scene)

    asyncio.run(main())


def test_a_calm_edge_passes_and_names_what_passed():
    async def play(scene: Scene) -> None:
        assert await scene.ask() == "ok"
        assert [str(b) for b in scene.board.crossed] == [PAY]
        assert scene.receipts == []

    run(play)


@pytest.mark.parametrize(("leg", "served"), [("request", 0), ("reply", 1)])
def test_a_drop_is_silence_before_or_after_the_effect(leg, served):
    async def play(scene: Scene) -> None:
        scene.arm(Drop(at=PAY, leg=leg))
        assert await scene.ask() == "silence"
        assert scene.served == served
        assert scene.receipts == [f"drop on the {leg} of {PAY}"]
        assert await scene.ask() == "ok"

    run(play)


@pytest.mark.parametrize(("leg", "served"), [("request", 0), ("reply", 1)])
def test_a_cut_is_a_reset_before_or_after_the_effect(leg, served):
    async def play(scene: Scene) -> None:
        scene.arm(Cut(at=PAY, leg=leg))
        assert await scene.ask() == "reset"
        assert scene.served == served

    run(play)


@pytest.mark.parametrize(("leg", "served"), [("request", 0), ("reply", 2)])
def test_nothing_behind_a_lost_message_is_taken_for_its_answer(leg, served):
    async def play(scene: Scene) -> None:
        scene.arm(Drop(at=PAY, leg=leg))
        reader, writer = await asyncio.open_connection("127.0.0.1", scene.edge.port)
        writer.write(REQUEST + REQUEST)  # pipelined: replies come in the order of the requests
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.3)
        assert scene.served == served
        assert await scene.ask() == "ok"  # on a connection of its own
        scene.edge.abort_tainted()  # as a heal does
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(reader.read(1), 2)
        writer.close()

    run(play)


def test_a_hold_delays_its_message_and_lets_others_overtake():
    async def play(scene: Scene) -> None:
        scene.arm(Hold(at=PAY, leg="request", for_ms=150))
        held = asyncio.ensure_future(scene.ask(1))
        while not scene.receipts:
            await asyncio.sleep(0)
        assert await scene.ask() == "ok"
        assert not held.done()
        assert await held == "ok"

    run(play)


def test_a_held_request_arrives_although_its_client_gave_up():
    async def play(scene: Scene) -> None:
        scene.arm(Hold(at=PAY, leg="request", for_ms=100))
        assert await scene.ask(0.02) == "silence"
        async with asyncio.timeout(2):
            while not scene.served:
                await asyncio.sleep(0.005)

    run(play)


def test_a_duplicate_is_served_twice_and_answered_once():
    async def play(scene: Scene) -> None:
        scene.arm(Duplicate(at=PAY, leg="request"))
        assert await scene.ask() == "ok"
        async with asyncio.timeout(2):
            while scene.served < 2:
                await asyncio.sleep(0.005)

    run(play)


def test_a_duplicate_arrives_although_its_client_has_gone_meanwhile():
    async def play(scene: Scene) -> None:
        scene.arm(Duplicate(at=PAY, leg="request"))
        asking = asyncio.ensure_future(scene.ask())
        while not scene.receipts:
            await asyncio.sleep(0)
        scene.edge.lose_client()
        async with asyncio.timeout(2):
            while scene.served < 2:
                await asyncio.sleep(0.005)
        await asking

    run(play)


@pytest.mark.parametrize(("leg", "served"), [("request", 0), ("reply", 1)])
@pytest.mark.parametrize(("kind", "victim"), [(CrashSender, "shop"), (CrashReceiver, "bank")])
def test_a_crash_takes_the_right_party_at_the_right_moment(leg, served, kind, victim):
    async def play(scene: Scene) -> None:
        scene.arm(kind(at=PAY, leg=leg, down_ms=70))
        assert await scene.ask() == "reset"
        assert scene.power.lost == [(victim, 70)]
        assert scene.served == served

    run(play)


def test_a_partition_swallows_and_closes_nothing_until_it_heals():
    async def play(scene: Scene) -> None:
        scene.link(Partition(sender="shop", receiver="bank", for_ms=1_000))
        waiting = asyncio.ensure_future(scene.ask(2))
        while not scene.receipts:
            await asyncio.sleep(0)
        assert not waiting.done()
        scene.board.links.clear()
        scene.edge.abort_tainted()
        assert await waiting == "reset"
        assert scene.served == 0
        assert await scene.ask() == "ok"

    run(play)


def test_latency_takes_its_time_on_both_legs_and_leaves_one_receipt():
    async def play(scene: Scene) -> None:
        scene.link(Latency(sender="shop", receiver="bank", delay_ms=60, for_ms=1_000))
        before = scene.now_ms()
        assert await scene.ask(2) == "ok"
        assert scene.now_ms() - before >= 120
        assert len(scene.receipts) == 1

    run(play)


def test_an_edge_to_a_server_that_is_down_refuses_and_listens_again_on_its_port():
    async def play(scene: Scene) -> None:
        port = scene.edge.port
        scene.edge.refuse()
        assert await scene.ask() == "refused"
        await scene.edge.accept()
        assert scene.edge.port == port
        assert await scene.ask() == "ok"

    run(play)


def test_polls_are_not_counted():
    async def play(scene: Scene) -> None:
        scene.board.begin(scene.history, frozenset({("POST", "/pay")}), trace=True)
        assert await scene.ask() == "ok"
        assert scene.board.crossed == []

    run(play)


def test_a_replica_is_counted_by_its_role_and_struck_by_its_name():
    async def play(scene: Scene) -> None:
        scene.board.roles = Roles((("shop", "till"), ("shop-2", "till")), ("bank",))
        address = PAY.replace("shop", "till")
        scene.arm(CrashSender(at=address.replace("#1", "#2"), leg="reply", down_ms=70))
        earlier = scene.board.count("shop-2", "bank", (("POST", "/pay"),))
        assert [str(boundary) for boundary in earlier] == [address]
        await scene.ask()
        assert scene.power.lost == [("shop", 70)]
        assert [e.process for e in scene.history if e.kind == "receipt"] == ["shop"]

    run(play)


def test_one_fault_on_the_links_of_two_replicas_leaves_one_receipt():
    async def play(scene: Scene) -> None:
        state = scene.link(Latency(sender="till", receiver="bank", for_ms=1_000, delay_ms=1))
        scene.board.links["shop-2", "bank"] = [state]
        assert scene.board.latency_ms("shop-2", "bank") == scene.board.latency_ms("shop", "bank") == 1
        assert [e.process for e in scene.history if e.kind == "receipt"] == ["shop-2"]

    run(play)
