"""Breakers whose code never comes back, each at the line that says so."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable

from shaketable import Subject, breaker
from tests.quality.cases.breakers_correct import BASE, Rejected


class Passing:
    """Lets every call through."""

    rejections = (Rejected,)

    def __init__(self, _clock: object) -> None:
        pass

    def call(self, fn: Callable[[], object]) -> object:
        return fn()


class InConstructor(Passing):
    def __init__(self, _clock: object) -> None:
        while True:
            pass  # here


class Waiting(Passing):
    def __init__(self, _clock: object) -> None:
        one, other = socket.socketpair()
        with one, other:
            one.recv(1)  # here


class InCall(Passing):
    def call(self, fn: Callable[[], object]) -> object:
        while True:
            pass  # here


class AfterCall(Passing):
    def call(self, fn: Callable[[], object]) -> object:
        try:
            return fn()
        finally:
            while True:
                pass  # here


class RefusesThen(Passing):
    def call(self, fn: Callable[[], object]) -> object:
        try:
            while True:
                pass  # here
        except BaseException:
            raise Rejected from None


class WaitsForAnInstant(Passing):
    def call(self, fn: Callable[[], object]) -> object:
        until = time.monotonic() + 1
        while time.monotonic() < until:  # here
            pass
        return fn()


class InState(Passing):
    def state(self) -> str:
        while True:
            pass  # here


class InTask(Passing):
    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:  # type: ignore[override]
        while True:
            pass  # here


class YieldsForEver(Passing):
    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:  # type: ignore[override]
        while True:
            await asyncio.sleep(0)  # here


class Unstoppable(Passing):
    def call(self, fn: Callable[[], object]) -> object:
        while True:
            try:
                while True:
                    _idle()  # here
            except BaseException:
                continue


def _idle() -> None:
    for _ in range(100):
        pass


KINDS = (
    InConstructor,
    Waiting,
    InCall,
    AfterCall,
    RefusesThen,
    WaitsForAnInstant,
    InState,
    InTask,
    YieldsForEver,
)


def subject(kind: type[Passing]) -> Subject:
    """Return the subject that is such a breaker, which calls are carried by greenlets to if it is sync."""
    return breaker(
        kind.__name__,
        kind,
        profile=BASE | {"states_observable": False},
        sync=not asyncio.iscoroutinefunction(kind.call),
        carrier="greenlets",
    )


def unstoppable() -> Subject:
    """Return one that catches all that would end it."""
    return subject(Unstoppable)
