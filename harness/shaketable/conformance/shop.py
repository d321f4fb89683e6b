"""The tiny system as a subject: give `shop` what a real world must start, or nothing for a simulated one."""

from __future__ import annotations

from shaketable.conformance.shop_service import Reader, Shop
from shaketable.ports import Refused, Request, Response
from shaketable.profile import Profile
from shaketable.schedule import Do, Schedule
from shaketable.subject import (
    ClientPorts,
    Completion,
    DatabaseSpec,
    External,
    Ledger,
    Part,
    Pattern,
    Subject,
    System,
    Table,
    Topic,
)

NAME = "conformance-shop"
TILL = "till"
TILLS = ("till-1", "till-2")
IO_TIMEOUT_MS = 4_000
QUIET_MS = 2 * IO_TIMEOUT_MS
"""Nothing here is silent for longer while it has work: a reader whose fetch was lost waits for its timeout first."""
PAUSE_MS = 500
"""Between two attempts of the reader, which has not committed its record then."""
CLIENT_TIMEOUT_MS = 25_000
"""Longer than all timeouts of the shop together: what the client sees is the shop's own answer."""
_PATHS = {
    "buy": "/buy",
    "count": "/count",
    "note": "/note",
    "noted": "/noted",
    "weigh": "/weigh",
    "time": "/time",
}
_ID = 'text COLLATE "C" PRIMARY KEY'


class Bank:
    """A third party that records each payment, and each service that said goodbye."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def handle(self, request: Request) -> Response:
        self._ledger.record(request.path.strip("/"), request.body)
        return Response(200, {})


def shop(entry: str = "") -> Subject:
    """Make the tiny system, whose tills are replicas: each is a `Shop`.

    A real world starts `entry` for every service (SERVICE_NAME says which); it serves
    `shaketable.conformance.shop_service` on real ports.
    """
    tills = tuple(Part(name, Shop, "shop", entry=entry, role=TILL) for name in TILLS)
    system = System(
        parts=(
            Part("shop", Shop, "shop", entry=entry),
            *tills,
            Part("reader", Reader, "reader", entry=entry),
        ),
        perform=perform,
        databases=(
            DatabaseSpec("shop", (Table("sales", ("id",)),)),
            DatabaseSpec("reader", (Table("seen", ("id",)),)),
        ),
        topics=(Topic("sales", expires=True),),
        externals=(External("bank", Bank),),
        polls=frozenset({("SELECT", "sales"), ("POST", "/weigh")}),
        quiet_ms=QUIET_MS,
        pause_ms=PAUSE_MS,
        schema={"shop": f"CREATE TABLE sales (id {_ID})", "reader": f"CREATE TABLE seen (id {_ID})"},
        id_fields=frozenset({"sale"}),
        uses_cache=True,
        io_timeout_ms=IO_TIMEOUT_MS,
        bound_ms=60_000,
    )
    return Subject(NAME, _PATTERN, Profile("none", {}), system)


async def perform(ports: ClientPorts, do: Do) -> Completion:
    """Make one request; an answer that is an error, or none, is `info` with its name; refused is `fail`."""
    value = dict(do.value)
    service = str(value.pop("of", "shop"))
    body = {"text": "x" * (1_024 * value["kb"])} if "kb" in value else value
    try:
        answer = await ports.http.request("POST", service, _PATHS[do.f], body, timeout_ms=CLIENT_TIMEOUT_MS)
    except Exception as error:  # the world's own errors, by name: a world may have subclassed them
        return Completion(
            "fail" if type(error).__name__ == Refused.__name__ else "info", type(error).__name__
        )
    if answer.status < 300:
        return Completion("ok", answer.body)
    return Completion("info", str((answer.body or {}).get("error", answer.status)).partition(":")[0])


_PATTERN = Pattern("conformance", (), (), lambda _: object, lambda _: Schedule(NAME, ()), lambda _, __: ())
