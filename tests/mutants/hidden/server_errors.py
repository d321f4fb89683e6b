"""Mistakes about an answer of 5xx: the request may have had its effect, and it may not."""

from __future__ import annotations

from shaketable.ports import Json
from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.system import MakeEventService
from shaketable_patterns.order_system.variant import SAGA
from shaketable_targets.order_system.failures import Unavailable
from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.order_system.payment import PaymentService
from tests.mutants.hidden.declared import Hidden, order_subject
from tests.mutants.hidden.keys_payload import notification


class FailedMeansDeclined(PaymentService):
    """Takes a 5xx of the provider for a no: the order is cancelled, and the charge may have been made."""

    async def ask_charge(self, event: Json) -> bool:
        try:
            return await super().ask_charge(event)
        except Unavailable:
            return False


class FailedMeansNotDone(PaymentService):
    """Takes a 5xx of the provider for "not done", and charges under a key of its next attempt."""

    async def ask_charge(self, event: Json) -> bool:
        order = event["order"]
        body = {"order": order, "amount": event["amount"]}
        try:
            return await super().ask_charge(event)
        except Unavailable:
            return await self.provider.ask("/charges", body, f"charge-{order}-{self.ports.new_id()}")


class FailedRefundIsOver(PaymentService):
    """Takes any answer to a refund for its end: after a 5xx it is never asked for again."""

    async def ask_refund(self, event: Json) -> None:
        try:
            await super().ask_refund(event)
        except Unavailable:
            return


class FailedMailIsOver(NotificationService):
    """Takes any answer of the mailer for its end: after a 5xx the event is marked, and its mail was perhaps never sent."""

    async def send_mail(self, event: Json) -> None:
        try:
            await super().send_mail(event)
        except Unavailable:
            return


def _payment(make: MakeEventService, name: str, kills: str, shows: str, needs: str) -> Hidden:
    target = system.saga(payment=make)
    return Hidden(order_subject(SAGA, name, target, profile.SAGA, make, tuple(kills.split())), shows, needs)


MUTANTS = (
    _payment(
        FailedMeansDeclined,
        "failed-means-declined",
        "SG-1",
        "the gateway answers 503 after the charge: the order is cancelled and the money is kept",
        "a 5xx after the effect",
    ),
    _payment(
        FailedMeansNotDone,
        "failed-means-not-done",
        "SG-2",
        "the gateway answers 503 after the charge: the customer is charged twice",
        "a 5xx after the effect",
    ),
    _payment(
        FailedRefundIsOver,
        "failed-refund-is-over",
        "SG-1",
        "the refund is answered 503 and never made, and the payment says REFUNDED",
        "a 5xx before the effect, of an order that has to be undone",
    ),
    notification(
        FailedMailIsOver,
        "failed-mail-is-over",
        "ID-6",
        "the mailer is not reached, the event is marked as processed, and no mail is sent",
        "a 5xx before the effect",
    ),
)
