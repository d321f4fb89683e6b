"""A participant of the saga: it takes commands, each safe to repeat, over HTTP or from its topic."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from shaketable.ports import Json, Request, Response, Transaction, UniqueViolation
from shaketable_targets.order_system.event_service import EventService, Handler
from shaketable_targets.order_system.failures import Unavailable
from shaketable_targets.order_system.orchestrated.progress import Outcome

REPLIES = "saga-replies"
ANSWERED = "CommandAnswered"
Answer = Callable[[Transaction, Outcome], Awaitable[None]]
"""Says the outcome of a command, if and only if the transaction commits."""
Command = Callable[[Json, Answer], Awaitable[Outcome]]

_PATH = "/commands/"
_STATUS: Mapping[Outcome, int] = {"done": 200, "already": 409, "refused": 422}


class Participant(EventService):
    """A service with commands. One that reads `<role>-commands` answers on `saga-replies`.

    Of a step that was undone before it was done a row remains, so that the step is refused when its command arrives at last.
    """

    def commands(self) -> Mapping[str, Command]:
        """Return the commands by name."""
        return {}

    def answer_body(self, command: Json, outcome: Outcome) -> dict[str, Json]:
        """Return what is said beside the outcome."""
        return {}

    # -- over HTTP ---------------------------------------------------------------------------------------

    async def respond(self, request: Request) -> Response:
        name = request.path.removeprefix(_PATH)
        command = self.commands().get(name) if request.path.startswith(_PATH) else None
        if command is None or request.method != "POST":
            return await super().respond(request)
        body: Json = {**request.body, "type": name, "key": request.headers.get("idempotency-key", "")}
        try:
            outcome = await command(body, _said_over_http)
        except (Unavailable, UniqueViolation) as error:
            return Response(503, {"error": f"{error}"})
        return Response(_STATUS[outcome], {"outcome": outcome, **self.answer_body(body, outcome)})

    # -- from a topic ------------------------------------------------------------------------------------

    def handlers(self) -> Mapping[str, Handler]:
        return dict.fromkeys(self.commands(), self.obey)

    async def obey(self, command: Json) -> None:
        """Carry out a command from the topic."""
        event_id = command["event_id"]

        async def answer(tx: Transaction, outcome: Outcome) -> None:
            if not await self.inbox.first_time(tx, event_id):
                return
            said = {"outcome": outcome, **self.answer_body(command, outcome)}
            reply = {"event_id": f"{event_id}/answer", "type": ANSWERED, "command": command["type"], **said}
            await self.outbox.put(tx, REPLIES, {**reply, "order": command["order"]})

        try:
            await self.commands()[command["type"]](command, answer)
        except UniqueViolation as error:
            raise Unavailable(f"{error}") from error  # another delivery of it is at work


async def _said_over_http(tx: Transaction, outcome: Outcome) -> None:
    """Say nothing yet: the answer is the response."""
