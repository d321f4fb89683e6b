"""Who is outside: third parties that write down what they are asked, and answer what is broken by an error."""

from __future__ import annotations

from shaketable.history import Json
from shaketable.ports import Request, Response
from shaketable.subject import External, Ledger
from shaketable_patterns.order_system.externals import Keyed
from shaketable_targets.restaurant_front.settings import COUPONS, GUIDE, MAILER, STOCK

BROKEN = "broken"
"""What no party outside can look up: it answers 500."""
MIRROR = "mirror"
"""A second guide, which no fallback may ask."""
_AVAILABLE = 100
_SAYS: dict[str, dict[str, Json]] = {
    "restaurants": {"name": "At the harbour"},
    "stock": {"available": _AVAILABLE},
    "coupons": {"percent": 20},
}
_NAMES = {"restaurants": "restaurant", "stock": "item", "coupons": "code"}


class Catalogue:
    """GET /<kind>/<name> => 200, what is known of it; 500 for a name that is `BROKEN`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def handle(self, request: Request) -> Response:
        """Answer a request, and write it down as `call` with the id that came with it."""
        kind, _, name = request.path.strip("/").partition("/")
        if request.method != "GET" or kind not in _SAYS:
            return Response(404, {"error": "no such path"})
        status = 500 if name == BROKEN else 200
        known_as = request.headers.get("x-request-id", "")
        self._ledger.record("call", {"request": known_as, "name": name, "status": status})
        if status == 500:
            return Response(500, {"error": "it cannot be looked up"})
        return Response(200, {_NAMES[kind]: name, **_SAYS[kind]})


class Gateway(Keyed):
    """POST /mails {order} with an idempotency-key => 202."""

    def _act(self, request: Request, key: str) -> Response:
        self._ledger.record("mail", {"order": request.body["order"], "key": key})
        return Response(202, {})


OUTSIDE = (
    *(External(name, Catalogue) for name in (GUIDE, STOCK, COUPONS, MIRROR)),
    External(MAILER, Gateway),
)
