"""The departure of a member from its consumer group, told to the broker in its stead, as its client would tell it.

A client that has not asked for records for `max.poll.interval.ms` leaves by the same request (LeaveGroup, KIP-62). The client that is told
of nothing learns by its next heartbeat or commit that it is in the group no more.
"""

from __future__ import annotations

import asyncio

from shaketable.real.bounded_waits import within
from shaketable.real.tap.kafka import api

_WITHIN_S = 10
_NUMBER = 1
_VERSION = 0
_NAME = b"shaketable"


async def put_out(host: str, port: int, group: str, member: str) -> bool:
    """Make the broker remove `member` from `group`; False if it says that there is no such member.

    Raises WaitExpired if it does not answer, and OSError if it cannot be reached.
    """
    what = f"the broker at {host}:{port} to put a member out of group {group!r}"
    return await within(_leave(host, port, group, member), within_s=_WITHIN_S, what=what)


async def _leave(host: str, port: int, group: str, member: str) -> bool:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(_framed(_request(group, member)))
        size = int.from_bytes(await reader.readexactly(4), "big")
        answer = await reader.readexactly(size)
    finally:
        writer.transport.abort()
    return int.from_bytes(answer[4:6], "big") == 0  # behind the request's number: its error


def _request(group: str, member: str) -> bytes:
    head = api.LEAVE_GROUP.to_bytes(2, "big") + _VERSION.to_bytes(2, "big") + _NUMBER.to_bytes(4, "big")
    return head + _text(_NAME) + _text(group.encode()) + _text(member.encode())


def _text(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text


def _framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body
