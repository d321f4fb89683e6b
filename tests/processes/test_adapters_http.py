"""The HTTP port means the same on the model and on sockets behind the tap; the clock and the ids."""

from __future__ import annotations

import asyncio
import importlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from shaketable.fault import Crash, Cut, Drop
from shaketable.history import Json
from shaketable.ports import ConnectionLost
from shaketable_targets.adapters.clock import EPOCH_MS, ClockOffset, ScaledClock
from shaketable_targets.adapters.http import HttpxHttp
from shaketable_targets.adapters.ids import new_id
from tests.processes.port_contract import RealPorts, in_simulation, raised
from tests.processes.started import needs_the_extra

pytestmark = needs_the_extra

ASK = "probe>echo POST /charges #1"


@pytest.fixture(scope="module")
def real() -> Iterator[RealPorts]:
    ports = RealPorts()
    ports.open()
    yield ports
    ports.close()


async def ask(ports: Any) -> Any:
    return await ports.http.request("POST", "echo", "/charges", {"amount": 1}, timeout_ms=300)


def test_an_answer_carries_status_and_body(real):
    async def story(ports: Any) -> Json:
        headers = {"idempotency-key": "k"}
        answer = await ports.http.request("POST", "echo", "/charges", {"amount": 1}, headers)
        got = await ports.http.request("GET", "echo", "/charges/1")
        empty = await ports.http.request("POST", "echo", "/teapot")
        return (answer.status, answer.body), (got.status, got.body), (empty.status, empty.body)

    simulated, seen = in_simulation(story), real.play(story)
    assert seen == simulated
    assert seen.outcome == (
        (200, {"method": "POST", "path": "/charges", "body": {"amount": 1}, "key": "k"}),
        (200, {"method": "GET", "path": "/charges/1", "body": None, "key": ""}),
        (418, None),
    )


@pytest.mark.parametrize("key", ["ä", "\U0001f600/1", "e\u0301", "o  1", "o'\"%"])
def test_a_header_carries_what_is_not_ascii(real, key):
    async def story(ports: Any) -> Json:
        headers = {"idempotency-key": key}
        return (await ports.http.request("POST", "echo", "/charges", None, headers)).body["key"]

    simulated, seen = in_simulation(story), real.play(story)
    assert seen == simulated
    assert seen.outcome == key


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Drop(at=ASK, leg="request"), "Timeout"),
        (Drop(at=ASK, leg="reply"), "Timeout"),
        (Cut(at=ASK, leg="request"), "ConnectionLost"),
        (Cut(at=ASK, leg="reply"), "ConnectionLost"),
    ],
    ids=str,
)
def test_a_lost_request_is_told_and_not_repeated(real, fault, told):
    async def story(ports: Any) -> Json:
        return await raised(ask(ports)), (await ask(ports)).status

    simulated, seen = in_simulation(story, fault), real.play(story, fault)
    assert seen == simulated
    assert seen.outcome == (told, 200)


def test_a_party_that_is_down_refuses(real):
    async def story(ports: Any) -> Json:
        return await raised(ask(ports))

    crash = Crash(service="echo", down_ms=1_000_000)
    assert [in_simulation(story, crash).outcome, real.play(story, crash).outcome] == ["Refused"] * 2


def test_a_server_that_closes_after_each_answer_costs_no_request():
    """Check that a kept connection that died while it was idle costs the next request nothing."""
    assert asyncio.run(statuses(20)) == [204] * 20


def test_a_request_looks_for_no_module_that_is_missing(monkeypatch):
    """Check for imports that find nothing: they are not remembered and search the whole path at every request."""

    class Missing:
        """The last finder asked: what it is asked for, no other one has found."""

        names: ClassVar[list[str]] = []

        @classmethod
        def find_spec(cls, name: str, *_: object) -> None:
            cls.names.append(name)

    asyncio.run(statuses(1))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Missing])
    with pytest.raises(ImportError):
        importlib.import_module("no_such_module")
    asyncio.run(statuses(2))
    assert Missing.names == ["no_such_module"]


async def statuses(requests: int) -> list[int]:
    """Return what a server answers that closes each connection without having said so."""

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")  # as if the connection would be kept
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer_once, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    http = HttpxHttp({"shop": f"http://127.0.0.1:{port}"}, lambda ms: ms / 1000)
    answers = [(await http.request("GET", "shop", "/")).status for _ in range(requests)]
    await http.close()
    server.close()
    return answers


def test_a_connection_that_is_reset_right_behind_its_connect_is_lost(monkeypatch):
    """So httpcore says it of a socket that is gone: with an error that is no error of a transport."""

    async def ask_for_the_address(*_: object, **__: object) -> None:
        raise AttributeError("'NoneType' object has no attribute 'getpeername'")

    async def play() -> None:
        http = HttpxHttp({"bank": "http://127.0.0.1:1"}, lambda ms: ms / 1000)
        monkeypatch.setattr(http._client, "request", ask_for_the_address)
        with pytest.raises(ConnectionLost, match="getpeername"):
            await http.request("GET", "bank", "/healthz")
        await http.close()

    asyncio.run(play())


def test_a_party_nobody_configured_is_a_mistake():
    async def story() -> str:
        http = HttpxHttp({}, lambda ms: ms / 1000)
        told = await raised(http.request("GET", "nobody", "/"))
        await http.close()
        return told

    assert asyncio.run(story()) == "KeyError"


def test_an_unscaled_clock_is_the_wall_clock():
    assert abs(ScaledClock().now_ms() - time.time_ns() // 1_000_000) <= 1


def test_clocks_of_one_scale_agree_and_run_faster():
    one, other = ScaledClock(50), ScaledClock(50)
    earliest_s = time.monotonic()
    began, began_mono = one.now_ms(), one.monotonic_ms()
    latest_s = time.monotonic()
    asyncio.run(other.sleep(1_000))
    least_s = time.monotonic() - latest_s
    wall, monotonic = other.now_ms() - began, other.monotonic_ms() - began_mono
    most_s = time.monotonic() - earliest_s
    assert least_s >= 0.02
    assert began > EPOCH_MS
    for passed_ms in (
        wall,
        monotonic,
    ):  # whatever the machine did in between, the readings lie in these bounds
        assert least_s * 50_000 - 100 <= passed_ms <= most_s * 50_000 + 100


def test_a_step_of_the_wall_clock_is_read_from_its_file_and_leaves_the_monotonic_clock(tmp_path: Path):
    file = tmp_path / "offset"
    clock = ScaledClock(1, ClockOffset(str(file)))
    before, monotonic = clock.now_ms(), clock.monotonic_ms()
    assert abs(clock.now_ms() - before) < 1_000
    for step in (60_000, -60_000, 0):
        file.write_text(str(step))
        assert abs(clock.now_ms() - before - step) < 1_000
    assert abs(clock.monotonic_ms() - monotonic) < 1_000


def test_a_step_that_is_being_written_keeps_the_last_one(tmp_path: Path):
    file = tmp_path / "offset"
    offset = ClockOffset(str(file))
    file.write_text("500")
    assert offset.ms() == 500
    file.write_text("")
    assert offset.ms() == 500
    file.write_text("700")
    assert offset.ms() == 700


def test_ids_differ():
    assert len({new_id() for _ in range(100)}) == 100
