"""Mistakes in comparing keys and payloads."""

from __future__ import annotations

from contextlib import suppress

from shaketable.ports import Json, Response, UniqueViolation
from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.system import MakeEventService, MakeKeys
from shaketable_patterns.order_system.variant import CONSUMER
from shaketable_targets.order_system.idempotency import OTHER_PAYLOAD, Effect, LeasedKeys
from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.order_system.partner import Partner
from tests.mutants.hidden.declared import Hidden, order_subject


class JoinsFields(LeasedKeys):
    """Hashes the fields one after the other with nothing in between: 1 and 12 are 11 and 2."""

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        joined = "".join(str(body[field]) for field in sorted(body))
        return await super().execute(key, joined, answer, effect)


class FoldsPayload(LeasedKeys):
    """Compares payloads without regard to case, as the shop's search does."""

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        folded = {field: v.casefold() if isinstance(v, str) else v for field, v in body.items()}
        return await super().execute(key, folded, answer, effect)


class CutsKeys(LeasedKeys):
    """Stores the first 36 characters of a key, the length of a UUID."""

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        return await super().execute(key[:36], body, answer, effect)


class RefusesTooLate(LeasedKeys):
    """Asks whose key it is when the order is made: another order under a used key is refused, and there all the same."""

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        response = await super().execute(key, body, answer, effect)
        if response == OTHER_PAYLOAD:
            with suppress(UniqueViolation):
                async with self._database.transaction() as tx:
                    await effect(tx)
        return response


class AsciiPartner(Partner):
    """Puts a question mark into the header for each letter that is not ASCII."""

    __slots__ = ()

    def headers(self, key: str) -> dict[str, str]:
        return {"idempotency-key": key.encode("ascii", "replace").decode()}


class AsciiMailKeys(NotificationService):
    """Two events whose ids differ in such letters only are one mail."""

    def make_mailer(self) -> Partner:
        return AsciiPartner(self.ports, self.config, "mailer")


class KeyOfTheMinute(NotificationService):
    """Puts the minute into the mail's key, so that the gateway can forget it: a retry after the full minute mails again."""

    async def send_mail(self, event: Json) -> None:
        minute = self.ports.clock.now_ms() // 60_000
        template = {"OrderConfirmed": "confirmed", "OrderCancelled": "cancelled"}[event["type"]]
        mail = {"event": event["event_id"], "order": event["order"], "template": template}
        await self.mailer.ask("/mails", mail, f"{event['event_id']}@{minute}")


def keys(make: MakeKeys, name: str, kills: str, shows: str, needs: str) -> Hidden:
    """Return a mutant of the key store."""
    subject = order_subject(
        CONSUMER, name, system.consumer(keys=make), profile.CONSUMER, make, tuple(kills.split())
    )
    return Hidden(subject, shows, needs)


def notification(make: MakeEventService, name: str, kills: str, shows: str, needs: str) -> Hidden:
    """Return a mutant of the consumer."""
    target = system.consumer(notification=make)
    subject = order_subject(CONSUMER, name, target, profile.CONSUMER, make, tuple(kills.split()))
    return Hidden(subject, shows, needs)


MUTANTS = (
    keys(
        JoinsFields,
        "joins-fields",
        "ID-5",
        "1 piece of order k1 and 11 pieces of order k under one key: the second gets the first one's answer",
        "another payload whose fields read the same when they are written in a row",
    ),
    keys(
        FoldsPayload,
        "folds-payload",
        "ID-5",
        "an order of PEAR under the key of one of pear gets the first one's answer",
        "another payload that differs in case only",
    ),
    keys(
        CutsKeys,
        "cuts-keys",
        "ID-5 ID-1",
        "two long keys with one beginning: the second order is refused, or answered like the first",
        "keys of more than 36 characters",
    ),
    keys(
        RefusesTooLate,
        "refuses-too-late",
        "ID-6",
        "a client is told that its key was used for something else, and its order is delivered",
        "another order under a key that was used",
    ),
    notification(
        AsciiMailKeys,
        "ascii-mail-keys",
        "ID-6",
        "the second of two events is marked as processed and its mail was never sent",
        "two event ids that differ in letters outside ASCII",
    ),
    notification(
        KeyOfTheMinute,
        "key-of-the-minute",
        "ID-2",
        "the answer of the mailer is lost just before the full minute, and the customer gets two mails",
        "a lost answer or a crash within seconds of the full minute, or a clock step before the retry",
    ),
)
