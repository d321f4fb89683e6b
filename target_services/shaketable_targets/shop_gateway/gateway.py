"""The gateway: reads a path, looks at the token, the limit and the breaker, and passes the request on to one instance."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Any

from shaketable.ports import TRANSIENT, Clock, Ports, Refused, Request, Response
from shaketable_targets.order_system.background import Background
from shaketable_targets.shop_gateway.bearer import BearerVerifier
from shaketable_targets.shop_gateway.breaker import RouteBreaker
from shaketable_targets.shop_gateway.config import GatewayConfig
from shaketable_targets.shop_gateway.headers import passed_on, value_of
from shaketable_targets.shop_gateway.paths import OddPath, canonical
from shaketable_targets.shop_gateway.ring import Ring
from shaketable_targets.token_verifiers import settings

log = logging.getLogger(__name__)

LISTING = "listing"
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""Methods that mean the same however often they come (RFC 9110, 9.2.2)."""
_SERVER_ERROR = 500


class WallClock:
    """The wall clock of a process in seconds, as verifiers ask for it."""

    __slots__ = ("_clock",)

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def time_s(self) -> float:
        return self._clock.now_ms() / 1_000


class Upstream:
    """One route at work: its instances in their turn, and its breaker."""

    __slots__ = ("breaker", "prefix", "ring")

    def __init__(self, prefix: str, ring: Ring, breaker: RouteBreaker) -> None:
        self.prefix = prefix
        self.ring = ring
        self.breaker = breaker

    def holds(self, path: str) -> bool:
        return path == self.prefix or path.startswith(f"{self.prefix}/")


class Gateway:
    """One instance. What a variant does otherwise is a method that it overrides."""

    verifier: Callable[..., BearerVerifier] = BearerVerifier

    def __init__(self, ports: Ports, config: GatewayConfig) -> None:
        self.ports = ports
        self.config = config
        self.tokens = self.make_verifier()
        self.tokens.trust(dict(config.keys))
        self.upstreams = self.make_upstreams()
        self._missed: dict[str, int] = {}
        self._background = Background()

    def make_verifier(self) -> BearerVerifier:
        return self.verifier(WallClock(self.ports.clock), self.config.settings)

    def make_upstreams(self) -> list[Upstream]:
        """Return the routes, the longest prefix first."""
        found = [
            Upstream(route.prefix, Ring(route.instances), self.make_breaker()) for route in self.config.routes
        ]
        return sorted(found, key=lambda one: -len(one.prefix))

    def make_breaker(self) -> RouteBreaker:
        return RouteBreaker(self.config.failures_max)

    async def start(self) -> None:
        self._background.run(self.look_around(), f"{self.ports.name} probes")

    async def stop(self) -> None:
        await self._background.stop()

    # -- requests ----------------------------------------------------------------------------------------

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        try:
            path = self.read(request.path)
        except OddPath as error:
            return Response(400, {"error": str(error)})
        claims = self.authenticated(request.headers)
        if claims is None:
            return Response(401, {"error": "the token is not accepted"})
        user = str(claims["sub"])
        upstream = self.route(path)
        if upstream is None:
            return Response(404, {"error": "there is no such route"})
        if not await self.admits(self.limited_by(request.headers, user)):
            return Response(429, {"error": "too many requests"})
        return await self.forward(upstream, request, path, self.headers_for(request.headers, user))

    def read(self, path: str) -> str:
        """Return the path as it is routed and passed on. Raises OddPath."""
        return canonical(path)

    def authenticated(self, headers: Mapping[str, str]) -> dict[str, Any] | None:
        """Return the claims of the bearer's token, None if it is not accepted."""
        scheme, _, token = value_of(headers, "authorization").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            return self.tokens.verify(token)
        except settings.Refused:
            return None

    def route(self, path: str) -> Upstream | None:
        """Return the route with the longest prefix that holds a path."""
        return next((one for one in self.upstreams if one.holds(path)), None)

    def limited_by(self, headers: Mapping[str, str], user: str) -> str:
        """Return whose limit a request counts for."""
        del headers
        return user

    async def admits(self, user: str) -> bool:
        """Take one of the user's bucket, in one step for all gateways; without the store everything is admitted."""
        try:
            return await self.ports.cache.take(
                f"limit:{user}", burst=self.config.burst, per_s=self.config.per_s
            )
        except TRANSIENT:
            return True

    def headers_for(self, headers: Mapping[str, str], user: str) -> dict[str, str]:
        return passed_on(headers, user, self.ports.name)

    # -- upstreams ---------------------------------------------------------------------------------------

    async def forward(
        self, upstream: Upstream, request: Request, path: str, headers: dict[str, str]
    ) -> Response:
        """Pass a request on, to another instance where it was refused, or may be sent twice; 503 when none answers."""
        tried: list[str] = []
        sent = 0
        while not upstream.breaker.refuses and (instance := upstream.ring.next(tried)):
            tried.append(instance)
            try:
                answer = await self.send(request, instance, path, headers)
            except TRANSIENT as error:
                self.failed(upstream, instance)
                sent += not isinstance(error, Refused)
                if sent and not self.may_repeat(request.method, sent):
                    break
                continue
            if answer.status >= _SERVER_ERROR:
                upstream.breaker.failed()
            else:
                upstream.breaker.succeeded()
            return answer
        if not tried:
            upstream.breaker.failed()
        return Response(503, {"error": "no instance can be reached"})

    async def send(self, request: Request, instance: str, path: str, headers: dict[str, str]) -> Response:
        return await self.ports.http.request(
            request.method,
            instance,
            path,
            request.body,
            headers,
            timeout_ms=self.config.upstream_timeout_ms,
        )

    def failed(self, upstream: Upstream, instance: str) -> None:
        """Remember that an instance did not answer."""
        upstream.ring.down(instance)
        upstream.breaker.failed()

    def may_repeat(self, method: str, sent: int) -> bool:
        """Tell whether a request of unknown outcome may be sent again."""
        return method in REPEATABLE and sent < self.config.attempts_max

    # -- who is there ------------------------------------------------------------------------------------

    async def look_around(self) -> None:
        """Ask for the list and probe every instance once each interval, until cancelled; no error ends it."""
        while True:
            try:
                await asyncio.gather(
                    self.learn(),
                    *(self.probe(one, name) for one in self.upstreams for name in one.ring.names),
                )
            except Exception:
                log.exception("a probe of an instance, or a look at the list, failed")
            await self.ports.clock.sleep(self.config.probe_interval_ms)

    async def learn(self) -> None:
        """Take over the list of instances; without it, those that were listed last stay."""
        with contextlib.suppress(*TRANSIENT):
            answer = await self._ask(LISTING, "/instances")
            if answer.status == 200 and isinstance(answer.body, dict):
                for upstream in self.upstreams:
                    upstream.ring.list(answer.body["instances"])

    async def probe(self, upstream: Upstream, instance: str) -> None:
        """See whether an instance answers: one that refuses is down at once, one that is late only if it is so again."""
        try:
            answer = await self._ask(instance, "/healthz")
        except TRANSIENT as error:
            missed = self._missed[instance] = self._missed.get(instance, 0) + 1
            if isinstance(error, Refused) or missed >= self.config.missed_max:
                upstream.ring.down(instance)
            return
        self._missed[instance] = 0
        if answer.status == 200:
            upstream.ring.up(instance)
            upstream.breaker.succeeded()

    async def _ask(self, service: str, path: str) -> Response:
        return await self.ports.http.request("GET", service, path, timeout_ms=self.config.probe_timeout_ms)
