"""Mistakes about the instances behind the gateway, and about limits."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from shaketable.ports import Ports, Request, Response
from shaketable_targets.shop_gateway.breaker import RouteBreaker
from shaketable_targets.shop_gateway.config import GatewayConfig
from shaketable_targets.shop_gateway.gateway import Gateway, Upstream
from shaketable_targets.shop_gateway.headers import value_of
from shaketable_targets.shop_gateway.ring import Ring

_FOR_LONG_MS = 60_000


class RepeatsAll(Gateway):
    """Sends a request to the next instance when the first one does not answer in time, whatever its method."""

    def may_repeat(self, method: str, sent: int) -> bool:
        return sent < self.config.attempts_max


class NeverLooks(Gateway):
    """Learns from no failure and looks at no instance: a dead one gets its share."""

    async def look_around(self) -> None:
        while True:
            await self.learn()
            await self.ports.clock.sleep(self.config.probe_interval_ms)

    async def forward(
        self, upstream: Upstream, request: Request, path: str, headers: dict[str, str]
    ) -> Response:
        instance = upstream.ring.next()
        return await self.send(request, instance, path, headers) if instance else Response(503)


class LearnsTheListOnce(Gateway):
    """Asks for the list of instances when it starts, and never again."""

    _has_learned = False

    async def learn(self) -> None:
        if not self._has_learned:
            await super().learn()
            self._has_learned = True


class _FirstRing(Ring):
    def next(self, without: Collection[str] = ()) -> str:
        self._last = len(self._names) - 1
        return super().next(without)


class FirstOfTheList(Gateway):
    """Takes the first instance that is there, every time."""

    def make_upstreams(self) -> list[Upstream]:
        return [
            Upstream(one.prefix, _FirstRing(one.ring.names), one.breaker) for one in super().make_upstreams()
        ]


class OneBreaker(Gateway):
    """Has one breaker for all routes: the failures of one close the others too."""

    def make_upstreams(self) -> list[Upstream]:
        self._shared = RouteBreaker(self.config.failures_max)
        return super().make_upstreams()

    def make_breaker(self) -> RouteBreaker:
        return self._shared


class NeverBack(Gateway):
    """Takes an instance that failed out of its list, and has nothing that puts it back."""

    async def probe(self, upstream: Upstream, instance: str) -> None:
        """Do nothing."""


class WaitsForLong(Gateway):
    """Leaves the time-out to the library, which has none to speak of."""

    async def send(self, request: Request, instance: str, path: str, headers: dict[str, str]) -> Response:
        return await self.ports.http.request(
            request.method, instance, path, request.body, headers, timeout_ms=_FOR_LONG_MS
        )

    async def probe(self, upstream: Upstream, instance: str) -> None:
        """Do nothing, and let failures alone say who is down."""

    def failed(self, upstream: Upstream, instance: str) -> None:
        """Forget it: the time-out is long enough."""


class LetsErrorsOut(Gateway):
    """Lets the error of its client out: where no instance can be reached its server answers 500."""

    async def forward(
        self, upstream: Upstream, request: Request, path: str, headers: dict[str, str]
    ) -> Response:
        answer = await super().forward(upstream, request, path, headers)
        if answer.status == 503 and isinstance(answer.body, dict) and "no instance" in str(answer.body):
            raise RuntimeError("all attempts failed")
        return answer


class CountsInTwoSteps(Gateway):
    """Reads the count and writes it back one higher: requests at the same time all read the same."""

    async def admits(self, user: str) -> bool:
        key, config = f"count:{user}", self.config
        window_ms = config.burst * 1_000 // config.per_s
        count = int(await self.ports.cache.get(key) or 0)
        if count >= config.burst:
            return False
        await self.ports.cache.set(key, str(count + 1), ttl_ms=window_ms)
        return True


class CountsByAddress(Gateway):
    """Counts by the address that a header names, which every client can choose."""

    def limited_by(self, headers: Mapping[str, str], user: str) -> str:
        return value_of(headers, "x-forwarded-for") or user


class CountsAlone(Gateway):
    """Counts in its own memory: each instance of the gateway gives the whole limit."""

    def __init__(self, ports: Ports, config: GatewayConfig) -> None:
        super().__init__(ports, config)
        self._full_ms: dict[str, int] = {}

    async def admits(self, user: str) -> bool:
        now_ms, each_ms = self.ports.clock.monotonic_ms(), 1_000 // self.config.per_s
        full_ms = max(now_ms, self._full_ms.get(user, 0)) + each_ms
        if full_ms - now_ms > self.config.burst * each_ms:
            return False
        self._full_ms[user] = full_ms
        return True
