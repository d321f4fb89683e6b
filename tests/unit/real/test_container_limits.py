"""What is asked of the Docker engine, or of a container, has a limit, and is named when the limit is over."""

from __future__ import annotations

import asyncio
import os
import threading
from types import SimpleNamespace

import pytest

from shaketable.errors import HarnessError
from shaketable.real.bounded_waits import WaitExpired
from shaketable.real.containers import container, docker_engine, supervised_container, sweep
from shaketable.real.containers.container import Container, ContainerSpec, Placement
from shaketable.real.containers.docker_engine import Engine

pytest.importorskip("docker")
from docker.errors import APIError
from requests import ConnectionError as BrokenOff
from requests import ReadTimeout
from urllib3.exceptions import ReadTimeoutError

OF_A_PART = ReadTimeoutError(None, "/", "Read timed out.")  # type: ignore[arg-type]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(docker_engine, "connect", lambda: SimpleNamespace(close=lambda: None))
    return Engine()


@pytest.mark.parametrize("silence", [ReadTimeout("slow"), BrokenOff(OF_A_PART), OF_A_PART, TimeoutError()])
def test_an_engine_that_does_not_answer_is_told_with_what_it_was_asked(
    engine: Engine, silence: Exception
) -> None:
    def call() -> None:
        raise silence

    with pytest.raises(WaitExpired, match="waited 60 s for the Docker engine to start payment, in vain"):
        asyncio.run(engine.ask(call, "start payment"))


def test_what_the_engine_refuses_is_told_with_what_it_was_asked(engine: Engine) -> None:
    def call() -> None:
        raise APIError("no such image")

    with pytest.raises(
        HarnessError, match="the Docker engine refused to start payment: no such image"
    ) as told:
        asyncio.run(engine.ask(call, "start payment"))
    assert not isinstance(told.value, WaitExpired)


def test_a_call_that_does_not_end_is_not_waited_for_without_a_limit(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker_engine, "_SETTLED_WITHIN_S", 0.02)
    let_go = threading.Event()

    async def story() -> None:
        asking = asyncio.ensure_future(engine.ask(let_go.wait, "make payment"))
        await asyncio.sleep(0)
        try:
            with pytest.raises(WaitExpired, match="calls of the Docker engine that have begun to be over"):
                await engine.settle()
        finally:
            let_go.set()
        await asking
        assert await engine.ask(lambda: "on", "go on") == "on"

    asyncio.run(story())
    engine.close()


def test_a_question_that_is_lost_while_a_server_starts_is_asked_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "_ANSWER_WITHIN_S", 0.02)
    asked: list[int] = []

    async def ready(_: str, port: int) -> bool:
        asked.append(port)
        if len(asked) == 1:
            await asyncio.Event().wait()
        return True

    async def is_running() -> bool:
        return True

    one = Container(
        engine, "kafka", ContainerSpec("image", 9092, ready=ready), Placement("net", "10.0.0.2", {})
    )
    monkeypatch.setattr(one, "is_running", is_running)
    asyncio.run(one.wait_ready())
    assert asked == [9092, 9092]


def test_what_cannot_be_removed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "_GONE_WITHIN_S", -1)

    def remove() -> None:
        raise APIError("409", explanation="it has active endpoints")

    with pytest.raises(WaitExpired, match=r"for shaketable-net of a run .*in vain: it has active endpoints"):
        sweep._remove_until_gone("shaketable-net", remove)


def test_a_supervisor_that_does_not_obey_is_named_with_its_order(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(supervised_container, "_ANSWER_S", 0.02)
    for pipe in ("do", "done"):
        os.mkfifo(tmp_path / pipe)
    with pytest.raises(
        WaitExpired, match=r"waited 0\.02 s for the supervisor of postgres to kill it, in vain"
    ):
        supervised_container._give_order(tmp_path, "kill", "postgres")
