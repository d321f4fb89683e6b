"""Edges while a party of theirs is down: what is refused, what still arrives, and that the port stays theirs."""

from __future__ import annotations

import asyncio
import socket

import pytest

from shaketable.fault import Hold
from tests.unit.tap.test_edge import PAY, REQUEST, Scene, run


async def go_on(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(REQUEST)
        await writer.drain()
        await asyncio.sleep(0.005)


def test_a_held_request_arrives_although_its_client_lost_power():
    async def play(scene: Scene) -> None:
        scene.arm(Hold(at=PAY, leg="request", for_ms=100))
        asking = asyncio.ensure_future(scene.ask(2))
        while not scene.receipts:
            await asyncio.sleep(0)
        scene.edge.lose_client()
        assert await asking in ("reset", "closed")
        assert scene.served == 0
        async with asyncio.timeout(2):
            while not scene.served:
                await asyncio.sleep(0.005)

    run(play)


async def keep_asking(writer: asyncio.StreamWriter) -> None:
    async with asyncio.timeout(5):
        while True:
            writer.write(REQUEST)
            await writer.drain()
            await asyncio.sleep(0.005)


def listen_on(other: socket.socket, port: int) -> None:
    other.bind(("127.0.0.1", port))
    other.listen()


def test_nothing_more_of_a_client_that_lost_power_arrives():
    async def play(scene: Scene) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", scene.edge.port)
        writer.write(REQUEST[:10])
        await writer.drain()
        while not scene.edge.passed.accepted:
            await asyncio.sleep(0)
        scene.edge.lose_client()
        with pytest.raises(ConnectionError):
            await keep_asking(writer)
        assert scene.served == 0

    run(play)


def test_a_refusing_edge_keeps_its_port_for_itself():
    async def play(scene: Scene) -> None:
        port = scene.edge.port
        scene.edge.refuse()
        with socket.socket() as other, pytest.raises(OSError):
            listen_on(other, port)
        await scene.edge.accept()
        assert await scene.ask() == "ok"

    run(play)


def test_an_edge_that_was_refused_twice_listens_when_both_are_over():
    async def play(scene: Scene) -> None:
        scene.edge.refuse()
        scene.edge.refuse()
        await scene.edge.accept()
        assert await scene.ask() == "refused"
        await scene.edge.accept()
        assert await scene.ask() == "ok"

    run(play)


def test_an_edge_tells_what_has_passed():
    async def play(scene: Scene) -> None:
        before = scene.edge.passed
        assert await scene.ask() == "ok"
        async with asyncio.timeout(2):
            while not scene.edge.passed.ended:
                await asyncio.sleep(0.005)
        assert (before.accepted, scene.edge.passed.accepted) == (0, 1)
        assert scene.edge.passed.bytes > len(REQUEST)

    run(play)
