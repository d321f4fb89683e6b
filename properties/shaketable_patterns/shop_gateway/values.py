"""The values of the shop's gateway: users, routes, and the paths and headers of its attacker."""

from __future__ import annotations

from shaketable.history import Json
from shaketable.schedule import Do
from shaketable_patterns.shop_gateway.tokens import KEYS, ORDINARY

USERS = ("ann", "bob", "cid", "dee", "eve", "fay")
RUSHER = "gus"
"""The user that is in a hurry."""
REQUESTS_MAX = 40
"""A run goes on to send no more than these, and those of the rule under way."""
ROUTES: dict[str, tuple[str, ...]] = {
    "/orders": ("orders-1", "orders-2"),
    "/orders/archive": ("archive-1",),
    "/stock": ("stock-1",),
}
INSTANCES = tuple(name for names in ROUTES.values() for name in names)
PLAIN_PATHS = ("/orders", "/stock", "/orders/archive", "/orders/open", "/stock/lamps")
ODD_PATHS = (
    "/orders/../stock",
    "/orders/./archive",
    "/orders/%2e%2e/stock",
    "/orders/%252e%252e/stock",
    "/orders/..;/stock",
    "/orders/..%2fstock",
    "/orders/..%252fstock",
    "/orders/..%5cstock",
    "//stock",
    "/orders//archive",
    "/orders/%61rchive",
    "/orders/%2561rchive",
    "/stock/../../orders",
    "/orders;x=1/archive",
    "/ordersarchive/../orders/archive",
)
UNKNOWN_PATHS = ("/secrets", "/ordersarchive", "/", "/orders.bak", "/STOCK")
ADMIN = "admin"
SMUGGLED: dict[str, dict[str, str]] = {
    "nothing": {},
    "the name": {"x-user": ADMIN},
    "the name in capitals": {"X-USER": ADMIN},
    "an underscore": {"x_user": ADMIN},
    "an underscore and capitals": {"X_User": ADMIN},
    "a header to be dropped": {"Connection": "close, X-User"},
    "two headers to be dropped": {"Connection": "x-user, x-request-id", "Keep-Alive": "x-user"},
    "another address": {"x-forwarded-for": "127.0.0.1", "x-real-ip": "10.0.0.1", "Forwarded": "for=10.0.0.1"},
    "another path": {"x-original-url": "/stock", "x-rewrite-url": "/stock"},
    "another method": {"x-http-method-override": "DELETE"},
    "much": {"x-padding": "p" * 20_000},
}
"""Headers by the words under which a schedule names them."""
TOO_MUCH = ("much",)
"""Headers that a gateway may refuse."""


def send(
    number: int,
    path: str = "/orders",
    method: str = "GET",
    *,
    user: str = USERS[0],
    token: str = ORDINARY,
    key: str = KEYS[0],
    headers: str = "nothing",
) -> Do:
    """Return the `number`-th request (from 1): it has an id of its own, at the end of its path too."""
    value: dict[str, Json] = {"request": f"q{number}", "method": method, "path": path, "user": user}
    return Do("send", {**value, "token": token, "key": key, "headers": headers})


def listed(instance: str, *, is_listed: bool) -> Do:
    """Return the op that puts an instance on the list, or takes it off."""
    return Do("list", {"instance": instance, "listed": is_listed})
