"""Every checker of the order system's promises, over one mapping that has all four services and a relay lock."""

from __future__ import annotations

from shaketable.mapping.mapping import Mapping
from shaketable.mapping.rules_under_mapping import judged
from shaketable_patterns.dead_letters.clauses import DEAD_LETTER_RULES
from shaketable_patterns.dead_letters.roles import DeadLetters
from shaketable_patterns.idempotency.clauses import IDEMPOTENCY_RULES
from shaketable_patterns.idempotency.roles import IdempotentConsumers
from shaketable_patterns.order_system.consumer_mapping import KEYS, REDRIVES, consumers, ops
from shaketable_patterns.order_system.dead_letter_mapping import letters
from shaketable_patterns.order_system.outbox_mapping import TYPES, outboxes
from shaketable_patterns.order_system.saga_mapping import saga_mapping
from shaketable_patterns.outbox.clauses import OUTBOX_RULES
from shaketable_patterns.saga.clauses import SAGA_RULES

_SERVICES = ("order", "payment", "inventory", "notification")


def id_checkers(*, key_of_order: bool = False):
    groups = IdempotentConsumers(consumers=consumers(*_SERVICES), letters=letters(*_SERVICES))
    mapping = Mapping((KEYS, groups, *ops(key_of_order=key_of_order)))
    return judged(mapping, IDEMPOTENCY_RULES).checkers


_LETTERS = DeadLetters(letters=letters(*_SERVICES), consumers=consumers(*_SERVICES))
SG = judged(saga_mapping(), SAGA_RULES).checkers
OB = judged(Mapping(outboxes("order", "payment", "inventory", relay_lock=True)), OUTBOX_RULES).checkers
ID = id_checkers()
DL = judged(Mapping((_LETTERS, *REDRIVES)), DEAD_LETTER_RULES).checkers
OB_DIRECT = judged(
    Mapping(outboxes("order", "payment", direct=(*TYPES["order"], "PaymentCompleted", "PaymentFailed"))),
    OUTBOX_RULES,
).checkers
"""The same without event rows: orders and payments are announced straight on the topic."""
DIRECT_OB_1 = next(checker for checker in OB_DIRECT if checker.promise.id == "OB-1")
DIRECT_OB_5 = next(checker for checker in OB_DIRECT if checker.promise.id == "OB-5")
SG_1, SG_2, SG_3, SG_4, SG_5, SG_6, SG_7 = SG
OB_1, OB_2, OB_3, OB_4, OB_5, OB_6, OB_7, OB_8 = OB
ID_1, ID_2, ID_3, ID_4, ID_5, ID_6 = ID
DL_1, DL_2, DL_3 = DL
ID_5_OF_ORDERS = id_checkers(key_of_order=True)[4]
