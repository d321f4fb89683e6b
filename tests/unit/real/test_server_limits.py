"""What is asked of servers, of a client's parties and of processes has a limit, and is named when the limit is over."""

from __future__ import annotations

import asyncio
import functools
import subprocess
from types import SimpleNamespace
from typing import Any

import asyncpg
import httpx
import pytest
import requests

from shaketable.errors import HarnessError
from shaketable.killed_child import kill
from shaketable.ports import Errors
from shaketable.real import toxiproxy
from shaketable.real.bounded_waits import WaitExpired
from shaketable.real.oracles.commits import CommitLog
from shaketable.real.oracles.starting_rows import empty_and_fill
from shaketable.real.run import client
from shaketable.real.run.client import ClientBroker, ClientHttp
from shaketable.real.stack import readiness
from shaketable.real.supervision import sweep
from shaketable.real.supervision.identity import Identity


class Timeout(Exception):
    """The system's own word for no answer in time."""


ERRORS = Errors(timeout=Timeout)


async def never(*_: object, **__: object) -> Any:
    await asyncio.Event().wait()


async def gives_up(*_: object, **__: object) -> Any:
    """Give up as asyncpg does: without a word."""
    raise TimeoutError


def clock() -> Any:
    return SimpleNamespace(real_s=lambda ms: ms / 1_000)


def test_a_database_that_takes_no_connection_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncpg, "connect", gives_up)
    what = "waited 10 s for PostgreSQL to take a connection to database 'postgres', in vain"
    with pytest.raises(WaitExpired, match=what):
        asyncio.run(CommitLog("127.0.0.1", 9, ()).create({}))


def test_a_database_that_does_not_empty_its_tables_is_named() -> None:
    connection: Any = SimpleNamespace(execute=gives_up)
    with pytest.raises(WaitExpired, match="PostgreSQL to empty the tables of database 'shop', in vain"):
        asyncio.run(empty_and_fill(connection, "shop", []))


def test_an_answer_that_comes_drop_by_drop_is_a_timeout_all_the_same() -> None:
    async def story() -> None:
        http = ClientHttp(ERRORS, clock, {"payment": ("127.0.0.1", 9)})
        await http.close()
        # httpx leaves its limits to the transport, and none of them is of the whole answer.
        http._http = httpx.AsyncClient(transport=httpx.MockTransport(never))
        with pytest.raises(Timeout, match="payment: no answer in 20 ms"):
            await http.request("GET", "payment", "/payments", timeout_ms=20)
        await http.close()

    asyncio.run(story())


def test_a_producer_that_neither_comes_up_nor_fails_is_a_timeout_that_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def stop() -> None:
        stopped.append(True)

    stopped: list[bool] = []
    monkeypatch.setattr(client, "AIOKafkaProducer", lambda **_: SimpleNamespace(start=never, stop=stop))
    monkeypatch.setattr(client, "_STARTED_WITHIN_S", 0.02)

    async def story() -> None:
        broker = ClientBroker(ERRORS, clock, ("127.0.0.1", 9))
        for _ in range(2):
            with pytest.raises(Timeout, match="the broker to take a record on 'orders', in vain"):
                await broker.send("orders", "k", 1)
        await broker.close()

    asyncio.run(story())
    assert stopped == [True, True]


def test_an_address_that_does_not_answer_to_a_connect_does_not_accept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readiness, "_ACCEPTS_WITHIN_S", 0.02)
    monkeypatch.setattr(asyncio, "open_connection", never)
    assert asyncio.run(readiness.accepts("127.0.0.1", 9)) is False


def test_each_request_to_toxiproxy_has_a_limit() -> None:
    api = SimpleNamespace(requests=requests)
    toxiproxy._limit_requests(api)
    for verb in ("get", "post", "delete"):
        asked = getattr(api.requests, verb)
        assert isinstance(asked, functools.partial)
        assert (asked.func, asked.keywords) == (getattr(requests, verb), {"timeout": 30})


def test_a_process_of_a_dead_run_that_does_not_end_is_named_by_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweep, "_END_WITHIN_S", 0.02)
    first, second = Identity(7, 70), Identity(41, 410)
    what = r"waited 0\.02 s for redis \(7\), a process of the run \(41\) to end, in vain"
    with pytest.raises(WaitExpired, match=what):
        asyncio.run(sweep._wait(lambda: False, "end", {second, first}, {first: "redis"}))


def test_a_killed_process_that_the_kernel_does_not_let_go_is_named() -> None:
    def wait(limit_s: float) -> int:
        raise subprocess.TimeoutExpired("worker", limit_s)

    child: Any = SimpleNamespace(pid=41, kill=lambda: None, wait=wait)
    with pytest.raises(HarnessError, match=r"waited 10 s for the end of the reaper \(41\), which was killed"):
        kill(child, "the reaper")
