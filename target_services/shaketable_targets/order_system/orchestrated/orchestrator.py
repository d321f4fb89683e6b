"""The durable orchestrator over HTTP: it sends commands, and writes down before and after each how far the saga is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from shaketable.ports import TRANSIENT, Json, Ports
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.event_service import EventService, Handler
from shaketable_targets.order_system.events import ORDER_EVENTS
from shaketable_targets.order_system.failures import Unavailable
from shaketable_targets.order_system.orchestrated.plan import SERVICE_OF
from shaketable_targets.order_system.orchestrated.progress import ENDS, Outcome, Progress
from shaketable_targets.order_system.orchestrated.saga_log import Claim, ClaimLost, SagaLog, letter_id

_OUTCOMES: Mapping[int, Outcome] = {200: "done", 409: "already", 422: "refused"}


class Orchestrator(EventService):
    """Drives sagas. Any number of instances may run: each saga is claimed for a pass, and every write is fenced.

    A pass sends all commands that are due, at the same time, until the saga has ended or something did not answer; then it is
    left until the next attempt. A claim of an instance that died runs out, and the next pass begins with what was
    written down: what was sent and not answered is sent again, with its key.
    """

    role = "orchestrator"
    topics: tuple[str, ...] = (ORDER_EVENTS,)

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.log = self.make_log()

    def make_log(self) -> SagaLog:
        return SagaLog(self.ports, self.config, self.letters)

    def handlers(self) -> Mapping[str, Handler]:
        return {"OrderCreated": self.begin, **dict.fromkeys(SERVICE_OF, self.take_up)}

    async def begin(self, event: Json) -> None:
        """Begin the saga of a new order."""
        async with self.database.transaction() as tx:
            if await self.inbox.first_time(tx, event["event_id"]):
                await self.log.begin(tx, event)

    # -- driving -----------------------------------------------------------------------------------------

    async def start(self) -> None:
        await super().start()
        self._background.run(self.run(), f"{self.ports.name} driver")

    async def run(self) -> None:
        """Drive what is due, every `poll_interval_ms`."""
        while True:
            await self.ports.clock.sleep(self.config.poll_interval_ms)
            try:
                sagas = await self.log.due()
            except TRANSIENT:
                continue
            # At the same time: a saga whose participant is away must not hold up the others.
            await asyncio.gather(*(self.drive(saga) for saga in sagas))

    async def drive(self, saga: str) -> None:
        """Make one pass. Nothing is lost when it ends early: the log says how far it came."""
        try:
            claimed = await self.log.claim(saga)
            if claimed is not None:
                await self.drive_on(*claimed)
        except (*TRANSIENT, ClaimLost):
            return

    async def drive_on(self, claim: Claim, progress: Progress) -> None:
        """Send what is due until there is a reason to pause."""
        while True:
            pause_ms = await self.send_due(claim, progress)
            if progress.status in ENDS or progress.parked:
                pause_ms = 0
            await self.log.save(claim, progress, pause_ms=pause_ms)
            if pause_ms is not None:
                return

    async def send_due(self, claim: Claim, progress: Progress) -> int | None:
        """Send what is due and note the answers; return how long to wait before the next attempt, None if not at all."""
        commands = progress.due()
        progress.send(commands)
        await self.log.save(claim, progress)
        answers = await asyncio.gather(*(self.ask(command, progress.order) for command in commands))
        return self.note(progress, dict(zip(commands, answers, strict=True)))

    def note(self, progress: Progress, answers: Mapping[str, tuple[Outcome | None, bool]]) -> int | None:
        """Note the answers to commands; return how long to wait before the next attempt, None if not at all."""
        pause_ms = None
        for command, (outcome, courier) in answers.items():
            if outcome is None:
                progress.fail(command, self.config.attempts_max)
                pause_ms = self.config.backoff_ms(progress.attempts.get(command, 1))
            else:
                progress.take(command, outcome, courier=courier)
        return pause_ms

    async def ask(self, command: str, order: Json) -> tuple[Outcome | None, bool]:
        """Send one command; return its outcome, None if that is not known, and whether goods need a courier."""
        try:
            answer = await self.ports.http.request(
                "POST",
                SERVICE_OF[command],
                f"/commands/{command}",
                order,
                {"idempotency-key": self.key(command, order)},
                timeout_ms=2 * self.config.provider_timeout_ms,
            )
        except TRANSIENT:
            return None, False
        outcome = self.outcome(answer.status)
        return outcome, outcome is not None and bool(answer.body.get("courier"))

    def outcome(self, status: int) -> Outcome | None:
        """Return what a status says of the command; None if nothing. Already refunded is as good as refunded."""
        return _OUTCOMES.get(status)

    def key(self, command: str, order: Json) -> str:
        """Return the command's key: the same for every attempt, by whatever instance."""
        return letter_id(order["order"], command)

    # -- dead letters ------------------------------------------------------------------------------------

    async def take_up(self, letter: Json) -> None:
        """Take up a command that was given up. Raises Unavailable if it is not over then."""
        saga, command = letter["order"], letter["type"]
        await self.log.unpark(saga, command)
        await self.drive(saga)
        progress = await self.log.read(saga)
        if progress is None or not progress.is_over(command):
            raise Unavailable(f"{command} of {saga} is not done")
