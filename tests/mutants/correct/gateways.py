"""Correct gateways that a strict reader might accuse, each unlike the hardened one."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from shaketable.ports import TRANSIENT, Request, Response
from shaketable.subject import Subject
from shaketable_patterns.shop_gateway.subjects import subject_of
from shaketable_targets.shop_gateway.gateway import Gateway, Upstream
from shaketable_targets.shop_gateway.headers import folded
from shaketable_targets.shop_gateway.paths import OddPath, canonical
from shaketable_targets.shop_gateway.ring import Ring

_OWN = (
    "x-user",
    "via",
    "x-request-id",
    "authorization",
    "connection",
    "host",
    "content-length",
    "keep-alive",
)


class RefusesEveryOddPath(Gateway):
    """Takes no path that is not written as it would write it."""

    def read(self, path: str) -> str:
        if canonical(path) != path:
            raise OddPath("not as it is written here")
        return path


class PassesOthersOn(Gateway):
    """Passes on every header that cannot be taken for one of its own, in any spelling."""

    def headers_for(self, headers: Mapping[str, str], user: str) -> dict[str, str]:
        others = {name: value for name, value in headers.items() if folded(name) not in _OWN}
        return {**others, **super().headers_for(headers, user)}


class RepeatsNothing(Gateway):
    """Sends nothing again, whatever the method, unless it was refused."""

    def may_repeat(self, method: str, sent: int) -> bool:
        return False


class AnswersUnknownPathsFirst(Gateway):
    """Says that there is no route before it looks at the token."""

    async def handle(self, request: Request) -> Response:
        try:
            path = self.read(request.path)
        except OddPath:
            return Response(404, {"error": "there is no such route"})
        if self.route(path) is None:
            return Response(404, {"error": "there is no such route"})
        return await super().handle(request)


class _Backwards(Ring):
    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names[::-1])


class TakesTurnsBackwards(Gateway):
    """Begins with the last instance, and has a breaker that never opens, since its probes say enough."""

    def make_upstreams(self) -> list[Upstream]:
        made = super().make_upstreams()
        return [Upstream(one.prefix, _Backwards(one.ring.names), one.breaker) for one in made]

    def failed(self, upstream: Upstream, instance: str) -> None:
        upstream.ring.down(instance)


class AsksTheStoreFirst(Gateway):
    """Asks the store for a place while it verifies nothing yet but the form, and refuses when the store cannot be reached."""

    async def admits(self, user: str) -> bool:
        config = self.config
        try:
            return await self.ports.cache.take(f"{user}:bucket", burst=config.burst, per_s=config.per_s)
        except TRANSIENT:
            return False


class ProbesOneByOne(Gateway):
    """Looks at one instance after the other, those first that it knows to be down."""

    async def look_around(self) -> None:
        while True:
            await self.learn()
            probes: Collection[Any] = [
                self.probe(one, name) for one in self.upstreams for name in one.ring.names
            ]
            for probe in asyncio.as_completed(probes):
                await probe
            await self.ports.clock.sleep(self.config.probe_interval_ms)


_VARIANTS = (
    RefusesEveryOddPath,
    PassesOthersOn,
    RepeatsNothing,
    AnswersUnknownPathsFirst,
    TakesTurnsBackwards,
    AsksTheStoreFirst,
    ProbesOneByOne,
)
CORRECT: list[Subject] = [subject_of(make, make.__name__) for make in _VARIANTS]
