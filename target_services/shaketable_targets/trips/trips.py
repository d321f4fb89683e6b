"""The service trips: takes bookings, issues vouchers for what is paid, and says how each trip ends."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shaketable_targets.trips import database
from shaketable_targets.trips.consumer import Consumer, Event, take
from shaketable_targets.trips.outbox import tell
from shaketable_targets.trips.service import serve

log = logging.getLogger("trips")


async def book(request: Request) -> Response:
    """Begin a trip; a reference that is known is answered with its trip."""
    try:
        asked = await request.json()
        ref, price = asked["ref"], asked["price"]
        details = (asked["departure"], price, asked["card"], asked["extra"])
        if not isinstance(price, int) or price <= 0:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        return JSONResponse({"error": "a ref, a departure, a price above 0, a card and an extra"}, 422)
    try:
        async with database.transaction() as connection:
            trip = await connection.fetchval(
                "INSERT INTO trips (ref, departure, price, card, extra, status) "
                "VALUES ($1, $2, $3, $4, $5, 'REQUESTED') ON CONFLICT (ref) DO NOTHING RETURNING id",
                ref,
                *details,
            )
            if trip is None:
                trip = await connection.fetchval("SELECT id FROM trips WHERE ref = $1", ref)
            else:
                names = ("departure", "price", "card", "extra")
                more = dict(zip(names, details, strict=True))
                await tell(connection, "trips", "TripRequested", trip, ref, **more)
    except database.ERRORS as error:
        log.warning("book: %r", error)
        return JSONResponse({"error": "try again"}, 503)
    return JSONResponse({"trip": trip, "ref": ref}, 202)


async def card_charged(event: Event) -> None:
    """Issue the voucher, or begin to undo the trip if there is none left."""
    trip, ref = event["trip"], event["ref"]
    async with database.transaction() as connection:
        if not await take(connection, event):
            return
        extra = await connection.fetchval("SELECT extra FROM trips WHERE id = $1", trip)
        left = await connection.execute(
            "UPDATE offers SET remaining = remaining - 1, issued = issued + 1 WHERE extra = $1 AND remaining > 0",
            extra,
        )
        if left.endswith(" 1"):
            await connection.execute(
                "INSERT INTO vouchers (trip, ref, extra) VALUES ($1, $2, $3)", trip, ref, extra
            )
            await connection.execute("UPDATE trips SET status = 'TICKETED' WHERE id = $1", trip)
            await tell(connection, "trips", "TripTicketed", trip, ref)
        else:
            await connection.execute("UPDATE trips SET status = 'UNDOING' WHERE id = $1", trip)
            await tell(connection, "trips", "VoucherRefused", trip, ref)


async def cancelled(event: Event) -> None:
    """End a trip that has no seat, or not any more."""
    async with database.transaction() as connection:
        if await take(connection, event):
            await connection.execute("UPDATE trips SET status = 'CANCELLED' WHERE id = $1", event["trip"])
            await tell(connection, "trips", "TripCancelled", event["trip"], event["ref"])


if __name__ == "__main__":
    handlers = {"CardCharged": card_charged, "SeatRefused": cancelled, "SeatReleased": cancelled}
    serve(Consumer("trips", ["seats", "billing"], handlers), [Route("/trips", book, methods=["POST"])])
