"""A defect of a circuit breaker: a success from before it opened comes while it is open, and closes it.

The breakers are the shipped component and its mutant, in a gateway whose calls are answered in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from shaketable.history import History
from shaketable.ports import Ports, Request, Response
from shaketable.schedule import Do, Step
from shaketable.subject import System
from shaketable.verdict import Finding
from shaketable_targets.breakers.mutants.states import LateSuccessCloses
from shaketable_targets.breakers.reference import CallNotPermitted, CircuitBreaker, Settings
from shaketable_targets.order_system.config import Config
from tests.mutants.orders.declared import Stateless, apart, breach, order_defect, part, promise_of, system

SETTINGS = Settings(window_size=2, minimum_calls=2, failure_rate_threshold=100, wait_ms=1_000)
"""Two failures in a row open it."""


class Gateway(Stateless):
    """Calls a partner through the reference breaker, and answers with the transitions that the result made."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.turns: list[str] = []
        self.breaker = self.make_breaker(ports.clock.monotonic_ms)
        self.breaker.listen(lambda before, after: self.turns.append(f"{before} to {after}"))

    def make_breaker(self, monotonic_ms: Callable[[], int]) -> CircuitBreaker:
        return CircuitBreaker(monotonic_ms, SETTINGS)

    async def handle(self, request: Request) -> Response:
        async def work() -> None:
            answer = await self.ask("partner", "/work", request.body)
            self.turns.clear()
            if answer.status != 200:
                raise ConnectionError

        try:
            await self.breaker.call(work)
        except CallNotPermitted:
            return Response(429)
        except ConnectionError:
            pass
        return Response(200, {"turns": list(self.turns)})


class TakesLateSuccess(Gateway):
    """Takes any success for a sign that the partner is well: one from before the opening closes the breaker."""

    def make_breaker(self, monotonic_ms: Callable[[], int]) -> CircuitBreaker:
        return LateSuccessCloses(monotonic_ms, SETTINGS)


class Partner(Stateless):
    """Answers what the request asks for."""

    async def handle(self, request: Request) -> Response:
        return Response(200 if request.body["is_good"] else 503)


STAYS_OPEN = promise_of(
    "OD-BREAKER", "An open breaker stays open until its wait is over", "closed-while-open"
)


def _gateway(service: type[Gateway]) -> System:
    return system(part("gateway", service), part("partner", Partner), tables=(), ops={"call": "gateway"})


def _calls(random: Random) -> tuple[Step, ...]:
    good = [random.random() < 0.5 for _ in range(random.randint(1, 2))]
    return tuple(
        apart(
            random,
            [
                Do("call", {"id": f"c{n}", "is_good": one})
                for n, one in enumerate([True, *good, False, False])
            ],
        )
    )


def _stays_open(history: History) -> tuple[int, list[Finding]]:
    opened = 0
    for op in history.ops():
        turns = op.result["turns"] if op.outcome == "ok" and op.completed is not None else ()
        opened += any(turn.endswith("to open") for turn in turns)
        if "open to closed" in turns and op.completed is not None:
            message = f"the success of {op.invoked.value['id']} came when the breaker was open, and closed it"
            return opened, [breach(STAYS_OPEN, message, op.invoked, op.completed)]
    return opened, []


LATE_SUCCESS = order_defect(
    "late-success", STAYS_OPEN, _stays_open, _calls, _gateway(TakesLateSuccess), _gateway(Gateway)
)

DEFECTS = (LATE_SUCCESS,)
