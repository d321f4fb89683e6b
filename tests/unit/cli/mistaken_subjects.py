"""Mistakes of users: factories and subjects that raise, exit, hang, or break a rule of the simulated world."""

import asyncio
import os
import random
import sys
import threading
import time
from dataclasses import replace

from shaketable import breaker, subject_named

PROFILE = {
    "trip_rule": "consecutive", "failure_threshold": 3, "window": "none", "wait_ms": 10_000,
    "half_open_permits": 1, "half_open_limit": "one", "close_on": "first_success",
    "stale": "ignore", "excluded": "nothing", "cancelled": "nothing",
}  # fmt: skip


def exits():
    sys.exit()


def exits_with_text():
    sys.exit("bye")


def ends_the_process():
    os._exit(0)


def is_cancelled():
    raise asyncio.CancelledError


def loops():
    while True:
        pass


def is_async():
    async def made():
        return None

    return made().close()


def mine(make, sync=True):
    return breaker("mine", make, profile=PROFILE, sync=sync)


def constructor_raises():
    def make(clock):
        raise TypeError("it needs a name")

    return mine(make)


class Coroutine:
    def __init__(self, clock):
        pass

    async def call(self, fn):
        return fn()


def wrong_colour():
    return mine(Coroutine)


class NeverAwaits:
    def __init__(self, clock):
        pass

    async def call(self, fn):
        return fn()


def never_awaits():
    return mine(NeverAwaits, sync=False)


class Sync:
    def __init__(self, clock):
        pass

    def call(self, fn):
        return 1


def sync_as_asyncio():
    return mine(Sync, sync=False)


class LacksCall:
    def __init__(self, clock):
        pass


def lacks_a_method():
    return mine(LacksCall)


class Chance:
    def __init__(self, clock):
        pass

    def call(self, fn):
        if random.random() < 0.5:
            raise RuntimeError("not now")
        return fn()


def component_of_chance():
    return mine(Chance)


HELD = threading.Lock()
HELD.acquire()


class WaitsForOutside:
    def __init__(self, clock):
        pass

    def call(self, fn):
        with HELD:
            return fn()


def waits_for_outside():
    return mine(WaitsForOutside)


class Threads:
    def __init__(self, clock):
        pass

    def call(self, fn):
        threading.Thread(target=print).start()
        return fn()


def threads():
    return mine(Threads)


def order(change):
    """The order saga with another order service."""
    saga = subject_named("order-saga/hardened")
    make = next(part.make for part in saga.target.parts if part.role == "order")

    def made(ports):
        service = make(ports)
        change(service)
        return service

    parts = tuple(replace(part, make=made) if part.role == "order" else part for part in saga.target.parts)
    return replace(saga, name="mine/order", target=replace(saga.target, parts=parts))


def when_handling(what):
    def change(service):
        handle = service.handle

        async def handled(request):
            what()
            return await handle(request)

        service.handle = handled

    return order(change)


def chance():
    return when_handling(lambda: random.random())


def service_sleeps():
    return when_handling(lambda: time.sleep(1))


def service_exits():
    return when_handling(sys.exit)


def service_cannot_be_made():
    def change(service):
        raise LookupError("no such table")

    return order(change)
