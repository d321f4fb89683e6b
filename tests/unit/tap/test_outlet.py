"""Bytes that came together leave together, in order, and nothing leaves before it is asked to."""

import asyncio

from harness.real.tap.outlet import Outlet


class Writer:
    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    async def drain(self) -> None:
        self.sent.append(b"|")


def test_what_was_put_leaves_as_one():
    writer = Writer()
    outlet = Outlet(writer)
    for data in (b"a", b"b", b"c"):
        outlet.put(data)
    assert writer.sent == []
    outlet.flush()
    outlet.flush()
    assert writer.sent == [b"abc"]


def test_a_drain_sends_first_and_waits_then():
    writer = Writer()
    outlet = Outlet(writer)
    outlet.put(b"a")
    asyncio.run(outlet.drain())
    assert writer.sent == [b"a", b"|"]
