"""How much memory the tap takes while 64 connections push bulk bytes through it: a process of its own, so its peak is its own.

Called as a module it is that process: it opens one edge for each protocol in front of a server that swallows all
and answers all, prints their ports, and tells how far its memory has grown when its input ends.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

from shaketable.history import History
from shaketable.real.tap.edge import Edge
from shaketable.real.tap.framer import Framer
from shaketable.real.tap.http import HttpFramer
from shaketable.real.tap.kafka.framer import KafkaFramer
from shaketable.real.tap.postgres import PostgresFramer
from shaketable.real.tap.switchboard import Switchboard
from tests.bench.figure import Figure

CONNECTIONS = 64
MB_EACH = 8
MB_WANTED = 100
_BLOCK = bytes(1024 * 1024)
_PROTOCOLS = ("http", "postgres", "kafka")


def messages(protocol: str) -> Iterator[bytes]:
    """A long conversation of one client, `MB_EACH` of it in messages of a megabyte."""
    match protocol:
        case "http":
            for _ in range(MB_EACH):
                yield b"POST /bulk HTTP/1.1\r\nhost: s\r\ncontent-length: %d\r\n\r\n" % len(_BLOCK)
                yield _BLOCK
        case "postgres":
            yield (9).to_bytes(4, "big") + (3 << 16).to_bytes(4, "big") + b"\0"
            for _ in range(MB_EACH):
                yield b"d" + (4 + len(_BLOCK)).to_bytes(4, "big")
                yield _BLOCK
        case _:
            for correlation in range(MB_EACH):
                head = (0).to_bytes(2, "big") + (3).to_bytes(2, "big") + correlation.to_bytes(4, "big")
                yield (len(head) + len(_BLOCK)).to_bytes(4, "big") + head
                yield _BLOCK


def figures() -> list[Figure]:
    done = subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert done.stdout is not None
    ports = [int(word) for word in done.stdout.readline().split()]
    pushing = [
        threading.Thread(target=_push, args=(ports[n % len(ports)], _PROTOCOLS[n % len(ports)]))
        for n in range(CONNECTIONS)
    ]
    for thread in pushing:
        thread.start()
    for thread in pushing:
        thread.join()
    said, _ = done.communicate()
    grown_mb, passed_mb = (float(word) for word in said.split())
    if passed_mb < CONNECTIONS * MB_EACH:
        raise AssertionError(f"only {passed_mb:.0f} MB passed the tap")
    note = f"({CONNECTIONS} connections, {passed_mb:,.0f} MB)"
    return [Figure("the tap's memory at full load, grown by MB", grown_mb, note, at_most=MB_WANTED)]


def _push(port: int, protocol: str) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        for data in messages(protocol):
            client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass


async def _tap() -> None:
    sink = await asyncio.start_server(_swallow, "127.0.0.1", 0)
    upstream = sink.sockets[0].getsockname()[:2]
    board = Switchboard(_NoPower(), lambda: 0, lambda key: key)
    board.begin(History(), frozenset(), trace=False)
    edges = [Edge("client", name, upstream, lambda name=name: _framer(name), board) for name in _PROTOCOLS]
    ports = [await edge.open() for edge in edges]
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(*ports, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    print(grown_kb / 1024, sum(edge.passed.bytes for edge in edges) / 2**20)
    for edge in edges:
        await edge.close()
    sink.close()


def _framer(protocol: str) -> Framer:
    match protocol:
        case "http":
            return HttpFramer()
        case "postgres":
            return PostgresFramer()
        case _:
            return KafkaFramer(lambda *_: ("127.0.0.1", 9))


async def _swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(256 * 1024):
        pass
    writer.close()


class _NoPower:
    async def crash(self, party: str, down_ms: int) -> bool:
        return False


if __name__ == "__main__":
    asyncio.run(_tap())
