"""A defect of a circuit breaker: a success from before it opened, which comes while it is half-open."""

from __future__ import annotations

from random import Random

from shaketable.history import History
from shaketable.ports import Ports, Request, Response
from shaketable.schedule import Do, Step
from shaketable.subject import System
from shaketable.verdict import Finding
from shaketable_targets.order_system.config import Config
from tests.mutants.orders.declared import Stateless, apart, breach, order_defect, part, promise_of, system

COOLDOWN_MS = 10


class Breaker:
    """Opens at a failure, lets one probe through after a cooldown, and closes when that probe succeeds.

    A permit is the era in which it was given; each change of state begins another.
    """

    def __init__(self) -> None:
        self.state = "closed"
        self.era = 0
        self.opened_ms = 0

    def admit(self, now_ms: int) -> int | None:
        """Return a permit, or None."""
        if self.state == "open" and now_ms - self.opened_ms >= COOLDOWN_MS:
            self.turn("half-open")
            return self.era
        return self.era if self.state == "closed" else None

    def is_current(self, permit: int) -> bool:
        return permit == self.era

    def record(self, permit: int, is_success: bool, now_ms: int) -> bool:
        """Take the result of a call, and tell whether it closes the breaker."""
        if not self.is_current(permit):
            return False
        if not is_success:
            self.turn("open")
            self.opened_ms = now_ms
        elif self.state == "half-open":
            self.turn("closed")
            return True
        return False

    def turn(self, state: str) -> None:
        self.state = state
        self.era += 1


class ForgetfulBreaker(Breaker):
    """Forgets in which era it gave a permit."""

    def is_current(self, permit: int) -> bool:
        return self.state != "open"


class Gateway(Stateless):
    """Calls a partner through a breaker to which only results of its present era count."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.breaker = self.make_breaker()

    def make_breaker(self) -> Breaker:
        return Breaker()

    async def handle(self, request: Request) -> Response:
        breaker, clock = self.breaker, self.ports.clock
        permit = breaker.admit(clock.monotonic_ms())
        if permit is None:
            return Response(429)
        is_probe = breaker.state == "half-open"
        answer = await self.ports.http.request("POST", "partner", "/work", request.body)
        closes = breaker.record(permit, answer.status == 200, clock.monotonic_ms())
        return Response(200, {"is_probe": is_probe, "closes": closes})


class TakesLateSuccess(Gateway):
    """Takes any success while half-open for that of its probe: one from before the opening closes the breaker."""

    def make_breaker(self) -> Breaker:
        return ForgetfulBreaker()


class Partner(Stateless):
    """Answers what the request asks for."""

    async def handle(self, request: Request) -> Response:
        return Response(200 if request.body["is_good"] else 503)


PROBE_CLOSES = promise_of(
    "OD-BREAKER", "Only the success of a probe closes a breaker", "closed-by-late-success"
)


def _gateway(service: type[Gateway]) -> System:
    return system(part("gateway", service), part("partner", Partner), tables=(), ops={"call": "gateway"})


def _calls(random: Random) -> tuple[Step, ...]:
    good = [True, False, *(random.random() < 0.5 for _ in range(random.randint(1, 3)))]
    return tuple(apart(random, [Do("call", {"id": f"c{n}", "is_good": one}) for n, one in enumerate(good)]))


def _probe_closes(history: History) -> tuple[int, list[Finding]]:
    count = 0
    for op in history.ops():
        if op.outcome == "ok" and op.completed is not None and op.result["closes"]:
            count += 1
            if not op.result["is_probe"]:
                message = f"{op.invoked.value['id']} was admitted before the breaker opened, and closed it"
                return count, [breach(PROBE_CLOSES, message, op.invoked, op.completed)]
    return count, []


LATE_SUCCESS = order_defect(
    "late-success", PROBE_CLOSES, _probe_closes, _calls, _gateway(TakesLateSuccess), _gateway(Gateway)
)

DEFECTS = (LATE_SUCCESS,)
