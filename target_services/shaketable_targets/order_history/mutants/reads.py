"""Mistakes in how questions are answered."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, Json, Response
from shaketable_targets.order_history.history import HistoryService
from shaketable_targets.order_history.shop import FIRST_BALANCE


class BalanceFromView(HistoryService):
    """Answers the balance from the view, since all that it takes is there: it lags behind what the client was just told.

    Met wherever a client reads after its write from the copy that is filled later.
    """

    async def balance(self, user: str) -> Response:
        return Response(200, {"user_id": user, "balance": await self.balance_in_view(user)})

    async def balance_in_view(self, user: str) -> int:
        async with self.database.transaction() as tx:
            generation = await self.generations.live(tx)
            days = await tx.select("user_days", ("generation", "=", generation), ("user_id", "=", user))
        return FIRST_BALANCE - sum(int(day["paid"] or 0) for day in days)


class BalanceFallsBack(BalanceFromView):
    """Answers the balance from the view where the command side is away: better old than nothing, and no mark says so.

    Met as fallbacks of circuit breakers that serve a cached value without a mark.
    """

    async def balance(self, user: str) -> Response:
        try:
            answer = await HistoryService.balance(self, user)
        except TRANSIENT:
            return await super().balance(user)
        return await super().balance(user) if answer.status >= 500 else answer


class AnswersFromMemory(HistoryService):
    """Keeps what it answered, and forgets it after an hour: the view goes on, the answers do not.

    Met as a response cache in front of a read model, with a time to live that was chosen for load and not for what was promised.
    """

    async def summary(self, user: str) -> Json:
        kept: dict[str, Json] = self.__dict__.setdefault("kept", {})
        if user not in kept:
            kept[user] = await super().summary(user)
        return kept[user]
