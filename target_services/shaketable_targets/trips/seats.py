"""The service seats: holds a seat for each trip that asks for one, and gives it back."""

from __future__ import annotations

from shaketable_targets.trips import database
from shaketable_targets.trips.consumer import Consumer, Event, take
from shaketable_targets.trips.outbox import tell
from shaketable_targets.trips.service import serve
from shaketable_targets.trips.settings import RELEASE


async def trip_requested(event: Event) -> None:
    """Hold a seat, or say that there is none."""
    trip, ref, departure = event["trip"], event["ref"], event["departure"]
    async with database.transaction() as connection:
        if not await take(connection, event):
            return
        held = await connection.execute(
            "UPDATE departures SET free = free - 1, held = held + 1 WHERE departure = $1 AND free > 0",
            departure,
        )
        state = "HELD" if held.endswith(" 1") else "REFUSED"
        await connection.execute(
            "INSERT INTO bookings (trip, ref, departure, state) VALUES ($1, $2, $3, $4)",
            trip,
            ref,
            departure,
            state,
        )
        told = {"price": event["price"], "card": event["card"]}
        await tell(connection, "seats", "SeatHeld" if state == "HELD" else "SeatRefused", trip, ref, **told)


async def not_paid(event: Event) -> None:
    """Give the seat of a trip back: its card was declined, or refunded."""
    trip, ref = event["trip"], event["ref"]
    async with database.transaction() as connection:
        if not await take(connection, event):
            return
        if RELEASE != "never":
            if RELEASE == "delete":
                gone = "DELETE FROM bookings WHERE trip = $1 AND state = 'HELD' RETURNING departure"
            else:
                gone = "UPDATE bookings SET state = 'RELEASED' WHERE trip = $1 AND state = 'HELD' RETURNING departure"
            departure = await connection.fetchval(gone, trip)
            await connection.execute(
                "UPDATE departures SET free = free + 1, held = held - 1 WHERE departure = $1", departure
            )
        await tell(connection, "seats", "SeatReleased", trip, ref)


if __name__ == "__main__":
    handlers = {"TripRequested": trip_requested, "CardDeclined": not_paid, "CardRefunded": not_paid}
    serve(Consumer("seats", ["trips", "billing"], handlers))
