"""The simulated broker against a real one: random scripts of a producer and a group of at most two members.

**Same allowed outcome.** Each step is waited for until the group has settled, and then must be one that the model
allows. Equal are: partition and offset of every record, by its key; who is assigned what after every join, leave and
death; whether a commit is taken, of members that died or lost the partition too; the committed offsets at the end.
A record that a member gets must be the next one of a partition that it is assigned, from the last committed offset
on after every rebalance and from the earliest one without a commit; which of its partitions comes first is not
promised, and so not compared. At the end a new member reads all that is left. There is no tolerated class.

The broker is Apache Kafka where its jars are (see kafka_server).
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator

import pytest

from tests.conformance import kafka_server, servers
from tests.conformance.broker_scripts import MEMBERS, Script, Step, as_json, draw
from tests.conformance.conftest import SCRIPTS
from tests.conformance.model_group import ModelGroup
from tests.conformance.real_group import RealGroup

_SHORT = 4


@pytest.fixture(scope="module")
def kafka() -> Iterator[str]:
    if kafka_server.jars() is None:
        reason = "Kafka's jars or java are missing: python -m tests.conformance.kafka_server fetches the jars"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = servers.new_folder("kafka")
    server = None
    try:
        server = kafka_server.kafka(folder)
        yield f"127.0.0.1:{server.port}"
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Both:
    """A script on the real broker, judged by the model."""

    def __init__(self, real: RealGroup) -> None:
        self.real = real
        self.model = ModelGroup()
        self.refused = 0
        self._sent = 0

    async def play(self, script: Script) -> None:
        for step in script:
            await self.do(step)
        for name in MEMBERS:
            await self.do(Step("leave", name))
        assert await self.real.committed() == self.model.committed()
        await self.do(Step("join", "last"))
        while self.model.has_more("last"):
            await self.do(Step("get", "last"))
        await self.do(Step("leave", "last"))

    async def do(self, step: Step) -> None:
        is_member = self.model.is_member(step.who)
        match step.verb:
            case "send":
                await self._send(step.who)
            case "twice":
                await self._send(step.who)
                self._sent -= 1  # nobody heard the acknowledgement: the same record again
                await self._send(step.who)
            case "join" if not is_member:
                await self.real.join(step.who)
                self.model.join(step.who)
            case "leave" if is_member:
                await self.real.leave(step.who)
                self.model.leave(step.who)
            case "die" if is_member:
                await self.real.die(step.who)
                self.model.die(step.who)
            case "get" if is_member and self.model.has_more(step.who):
                self.model.got(step.who, *await self.real.get(step.who))
            case "commit":
                await self._commit(step.who)
        assert self.real.assignment() == self.model.assignment()

    async def _send(self, key: str) -> None:
        self._sent += 1
        value = str(self._sent)
        real, model = await self.real.send(key, value), self.model.send(key, value)
        assert real == model, f"{key!r} went to {real}, in the model to {model}"

    async def _commit(self, name: str) -> None:
        place = self.model.last(name)
        if place is None or not (self.model.is_member(name) or self.real.is_ghost(name)):
            return
        real, model = await self.real.commit(name, place), self.model.commit(name)
        assert real == model, f"a commit of {place} by {name}: taken {real}, in the model {model}"
        self.refused += not real


async def _compare(bootstrap: str, scripts: int) -> int:
    """Play them all; how many commits were refused."""
    refused = 0
    for seed in range(scripts):
        script = draw(seed)
        both = Both(RealGroup(bootstrap, f"t{seed}"))
        await both.real.open()
        try:
            await both.play(script)
        except AssertionError as error:
            pytest.fail(f"{error}\nseed {seed}: {as_json(script)}")
        finally:
            await both.real.close()
        refused += both.refused
    return refused


def test_the_model_allows_what_kafka_does(kafka):
    refused = asyncio.run(_compare(kafka, SCRIPTS // 10 or _SHORT))
    assert refused or not SCRIPTS
