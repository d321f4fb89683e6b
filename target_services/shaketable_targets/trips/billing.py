"""The service billing: charges the card of a trip that has a seat, and refunds it when the trip cannot be."""

from __future__ import annotations

from shaketable_targets.trips import bank, database
from shaketable_targets.trips.consumer import Consumer, Event, is_taken, take
from shaketable_targets.trips.outbox import tell
from shaketable_targets.trips.service import serve


async def seat_held(event: Event) -> None:
    """Charge the card. Only an answer of the bank decides; the key makes a repetition harmless."""
    if await is_taken(event):
        return
    trip, ref, amount = event["trip"], event["ref"], event["price"]
    charged = await bank.charge(trip, ref, amount, event["card"])
    state = "CHARGED" if charged else "DECLINED"
    async with database.transaction() as connection:
        if not await take(connection, event):
            return
        await connection.execute(
            "INSERT INTO charges (trip, ref, amount, state) VALUES ($1, $2, $3, $4) ON CONFLICT (trip) DO NOTHING",
            trip,
            ref,
            amount,
            state,
        )
        await tell(connection, "billing", "CardCharged" if charged else "CardDeclined", trip, ref)


async def voucher_refused(event: Event) -> None:
    """Refund what was charged."""
    if await is_taken(event):
        return
    trip, ref = event["trip"], event["ref"]
    async with database.transaction() as connection:
        amount = await connection.fetchval("SELECT amount FROM charges WHERE trip = $1", trip)
    await bank.refund(trip, ref, amount)
    async with database.transaction() as connection:
        if await take(connection, event):
            await connection.execute("UPDATE charges SET state = 'REFUNDED' WHERE trip = $1", trip)
            await tell(connection, "billing", "CardRefunded", trip, ref)


if __name__ == "__main__":
    handlers = {"SeatHeld": seat_held, "VoucherRefused": voucher_refused}
    serve(Consumer("billing", ["seats", "trips"], handlers))
