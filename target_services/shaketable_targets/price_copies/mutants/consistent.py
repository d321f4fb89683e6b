"""Mistakes of copies that stay consistent."""

from __future__ import annotations

from shaketable.ports import Response, Row
from shaketable_targets.price_copies.consistent import MAJORITY, ConsistentCopy
from shaketable_targets.price_copies.copy import NO_MAJORITY


class AnswersInMinority(ConsistentCopy):
    """Falls back to its own rows where it reaches no majority, to be there for its readers.

    Met as a leader in the smaller part of a partition that goes on answering (d-engine 381, Xline 870).
    """

    async def read(self, product: str) -> Response:
        newest = await self.newest(product)
        return self.answer(newest if newest is not None else await self.prices.of(product))


class ReadsItsOwn(ConsistentCopy):
    """Writes at a majority and reads its own rows, as they are mostly among it.

    Met as reads without a round of their own (rqlite 5, adjoint raft 41).
    """

    async def read(self, product: str) -> Response:
        return self.answer(await self.prices.of(product))


class WritesToOne(ConsistentCopy):
    """Acknowledges a write that one copy has, and lets the exchange bring it to the others."""

    async def spread(self, row: Row) -> bool:
        await self.prices.merge([row])
        return True


class CountsSilence(ConsistentCopy):
    """Counts whom it has asked instead of who has answered: silence is agreement."""

    async def newest(self, product: str) -> Row | None:
        found = await super().newest(product)
        return await self.prices.of(product) if found is None else found

    async def spread(self, row: Row) -> bool:
        await super().spread(row)
        return 1 + len(self.peers) >= MAJORITY


class ReadsWithoutSpreading(ConsistentCopy):
    """Answers the newest of a majority without making sure that a majority has it: the next reader may see the older one again.

    The second phase of a read, which is left out most easily (Attiya, Bar-Noy, Dolev 1995).
    """

    async def read(self, product: str) -> Response:
        newest = await self.newest(product)
        return NO_MAJORITY if newest is None else self.answer(newest)
