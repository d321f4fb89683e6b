"""Keys that are sound where something else is declared: another scope, other answers that are kept."""

from __future__ import annotations

import json

from shaketable_targets.order_system.idempotency import IN_PROGRESS, Effect, LeasedKeys, owned
from shaketable_targets.order_system.order import EXISTS
from shaketable_targets.ports import Json, Response, UniqueViolation


class KeyOfItsOrder(LeasedKeys):
    """Takes a key that comes with another order for another key."""

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        return await super().execute(f"{body['order']}/{key}", body, answer, effect)


class StoresRefusals(LeasedKeys):
    """Keeps a refusal like a success: who is refused once under a key is refused for ever."""

    async def _complete(self, key: str, owner: str, answer: Response, effect: Effect) -> Response:
        try:
            return await super()._complete(key, owner, answer, effect)
        except UniqueViolation:
            changes = {"status": "DONE", "response": json.dumps([EXISTS.status, EXISTS.body])}
            async with self._database.transaction() as tx:
                kept = await tx.update("idempotency", changes, *owned(key, owner))
            return EXISTS if kept else IN_PROGRESS
