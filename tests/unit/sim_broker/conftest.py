"""A broker on a bench: the wire is scripted, time is moved by hand, processes fall silent on request."""

import asyncio
from collections import deque

import pytest

from shaketable.ports import ConnectionLost, Errors, Timeout
from shaketable.sim.broker.broker import Broker
from shaketable.sim.broker.port import BrokerPort
from shaketable.subject import Topic


class Link:
    """A channel that runs effects at once unless `script` says what happens to the next message."""

    def __init__(self, bench, sender):
        self.bench = bench
        self.sender = sender
        self.alive = True
        self.script = deque()
        self.crossed = []

    async def cross(self, verb, key, effect, *, counted=True, timeout_ms=None):
        assert self.alive
        self.crossed.append(f"{verb} {key}" if counted else f"({verb} {key})")
        while self.sender in self.bench.silent:
            await self.bench.until(self.bench.returns, self)
        match self.script.popleft() if self.script else "calm":
            case "calm":
                return effect()
            case "lost request":
                raise Timeout
            case "lost reply":
                effect()
                raise ConnectionLost
            case "twice":
                effect()
                return effect()
            case "held request":
                await self.bench.until(self.bench.held, self)
                return effect()
            case "held request, lost reply":
                await self.bench.until(self.bench.held, self)
                effect()
                raise ConnectionLost
            case "held reply":
                result = effect()
                await self.bench.until(self.bench.held, self)
                return result


class Bench:
    """One broker, its history as `effects`, and the plain loop its ports run on."""

    def __init__(self, *topics):
        self.loop = asyncio.new_event_loop()
        self.effects = []
        self.timers = []
        self.naps = []
        self.returns = []
        self.held = []
        self.silent = set()
        self.broker = Broker(
            topics,
            errors=Errors(),
            oracle=lambda kind, process, name, value: self.effects.append((process, name, value)),
            call_later=lambda delay_ms, callback: self.timers.append((delay_ms, callback)),
            is_responsive=lambda process: process not in self.silent,
            session_timeout_ms=1_000,
        )

    def port(self, process):
        link = Link(self, process)
        return link, BrokerPort(link, self.broker, Errors(), lambda delay_ms: self.until(self.naps, link))

    def consumer(self, process, *topics, group="g"):
        link, port = self.port(process)
        return link, port.consumer(group, topics or ("orders",))

    # -- running ---------------------------------------------------------------------------------------

    def run(self, awaitable):
        """Return the result of something that must not have to wait."""
        task = self.start(awaitable)
        assert task.done(), "it waits"
        return task.result()

    def start(self, awaitable):
        task = self.loop.create_task(awaitable)
        self.settle()
        return task

    def settle(self):
        async def turns():
            for _ in range(20):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turns())

    def send(self, *keys, topic="orders"):
        for key in keys:
            self.broker.append("shop", topic, key, {"of": key})

    # -- time and silence --------------------------------------------------------------------------------

    async def until(self, crowd, link):
        future = self.loop.create_future()
        crowd.append((link, future))
        await future

    def release(self, crowd):
        """Let all in the crowd continue, except those that have lost power."""
        while crowd:
            link, future = crowd.pop(0)
            if link.alive and not future.done():
                future.set_result(None)
        self.settle()

    def fall_silent(self, process):
        self.silent.add(process)
        self.broker.sessions.silent(process)

    def come_back(self, process):
        self.silent.discard(process)
        self.broker.sessions.back(process)
        self.release(self.returns)

    def crash(self, link):
        link.alive = False
        self.broker.sessions.silent(link.sender)

    def time_out(self):
        """Fire every session timer that was started so far."""
        timers, self.timers = self.timers, []
        for delay_ms, callback in timers:
            assert delay_ms == 1_000
            callback()
        self.settle()

    # -- reading -----------------------------------------------------------------------------------------

    def seen(self, name):
        return [(process, value) for process, what, value in self.effects if what == name]

    def close(self):
        if self.loop.is_closed():
            return
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.settle()
        self.loop.close()


@pytest.fixture
def make_bench():
    benches = []

    def make(*topics):
        benches.append(Bench(*(topics or (Topic("orders"),))))
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()


@pytest.fixture
def bench(make_bench):
    return make_bench()
