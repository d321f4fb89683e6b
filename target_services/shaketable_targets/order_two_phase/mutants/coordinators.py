"""Mistakes of a coordinator."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, Json, Response, Row
from shaketable_targets.order_two_phase.coordinator import PARTICIPANTS, Coordinator


class CommitsBeforeAllPrepared(Coordinator):
    """Tells each participant to commit as soon as that one has voted yes.

    Met where participants that cannot prepare were committed in the middle of the first phase (CUBRID 7542).
    """

    async def votes_yes(self, participant: str, order: str, body: Json) -> bool:
        yes = await super().votes_yes(participant, order, body)
        if yes:
            await self.told(participant, order, "CONFIRMED")
        return yes


class LogsAfterTelling(Coordinator):
    """Writes the decision down once it has been told: a crash in between forgets that it was to commit.

    Met as a coordinator without a durable decision beside participants that had already committed (horizontal-scaling-convex 101).
    """

    async def decided_for(self, order: str, body: Json) -> str:
        yes = await self.all_vote_yes(order, body)
        if yes:
            for participant in PARTICIPANTS:
                await self.told(participant, order, "CONFIRMED")
        return await self.decide(order, "CONFIRMED" if yes else "CANCELLED")


class PresumesCommit(Coordinator):
    """Commits after a restart what it had not decided, since participants that were asked will have voted yes.

    What an operator does who has to end by hand what a failure left prepared, and cannot see whether all had voted (Citus documentation 255).
    """

    async def go_on(self, row: Row) -> None:
        order = str(row["id"])
        decided = await self.decide(order, "CONFIRMED") if row["status"] == "PREPARING" else row["status"]
        await self.tell(order, str(decided))


class TakesSilenceForYes(Coordinator):
    """Takes a vote that did not come in time for yes, as only a no was looked for.

    Met as a failure that was logged as a warning, and a client that was told that all is committed (Citus 3780).
    """

    async def votes_yes(self, participant: str, order: str, body: Json) -> bool:
        try:
            answer = await self.ask(participant, order, "preparation", body)
        except TRANSIENT:
            return True
        return answer.status != 200 or answer.body["vote"] != "no"


class AnswersRollbackWhileUndecided(Coordinator):
    """Tells a participant in doubt to roll back what is not decided yet, and may then decide to commit it.

    Met as recovery that rolls back branches of transactions which are still under way (Narayana 102, Artemis 6168).
    """

    async def status(self, order: str) -> Response:
        answer = await super().status(order)
        if answer.status == 200 and answer.body["status"] == "PREPARING":
            return Response(200, {"order": order, "status": "CANCELLED"})
        return answer


class TellsByPoll(Coordinator):
    """Leaves the second phase to its poll, so that every order keeps its locks until that comes round.

    Met as a recovery process that runs by hand or now and then, and prepared transactions that block others until it does (postgres-x2 240).
    """

    async def tell(self, order: str, decision: str) -> None:
        if order not in self.under_way:
            await super().tell(order, decision)
