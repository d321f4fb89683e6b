"""The third parties: a payment provider and a mail gateway, with ledgers that no service can touch."""

from __future__ import annotations

from shaketable.history import Json
from shaketable.ports import Request, Response
from shaketable.subject import External, Ledger

DECLINED_AMOUNT = 13
"""An amount that the provider always declines."""

_DECLINED = Response(402, {"error": "declined"})
_UNKNOWN_CHARGE = Response(404, {"error": "no such charge"})


class Keyed:
    """A third party with idempotency keys: the same key gets the stored answer, and nothing is done again."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._answers: dict[str, Response] = {}

    def handle(self, request: Request) -> Response:
        """Answer a request; without a key every request is a new one."""
        key = request.headers.get("idempotency-key", "")
        stored = self._answers.get(key)
        if stored is not None:
            return stored
        answer = self._act(request, key)
        if key:
            self._answers[key] = answer
        return answer

    def _act(self, request: Request, key: str) -> Response:
        raise NotImplementedError


class Provider(Keyed):
    """POST /charges {order, amount} => 201, or 402 for an amount of 13; POST /refunds likewise => 201."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self._charged: dict[str, int] = {}

    def _act(self, request: Request, key: str) -> Response:
        body: Json = request.body
        order, amount = body["order"], body["amount"]
        entry = {"order": order, "amount": amount, "key": key}
        if request.path == "/charges":
            if amount == DECLINED_AMOUNT:
                return _DECLINED
            self._charged[order] = self._charged.get(order, 0) + amount
            self._ledger.record("charge", entry)
        elif order not in self._charged:
            return _UNKNOWN_CHARGE
        else:
            self._ledger.record("refund", entry)
        return Response(201, {"order": order})


class Mailer(Keyed):
    """POST /mails {event, order, template} => 202."""

    def _act(self, request: Request, key: str) -> Response:
        mail: Json = request.body
        self._ledger.record("mail", {**mail, "key": key})
        return Response(202, {"event": mail["event"]})


PROVIDER = External("provider", Provider)
MAILER = External("mailer", Mailer)
