"""Every checker of the outbox, in the order of its promises."""

from __future__ import annotations

from shaketable_patterns.order_facts import FactsChecker
from shaketable_patterns.outbox import atomicity, batches, claims, delivery, promises, provenance, sequence

OB_1 = FactsChecker(promises.ATOMIC, atomicity.judge)
OB_2 = FactsChecker(promises.DELIVERED, delivery.every_event_arrives)
OB_3 = FactsChecker(promises.CONFIRMED_FIRST, delivery.sent_means_there)
OB_4 = FactsChecker(promises.FENCED, claims.judge)
OB_5 = FactsChecker(promises.NOTHING_ELSE, provenance.judge)
OB_6 = FactsChecker(promises.IN_ORDER, sequence.judge)
OB_7 = FactsChecker(promises.POISON_ALONE, batches.judge_poison)
OB_8 = FactsChecker(promises.BOUNDED, batches.judge_batch)

CHECKERS = (OB_1, OB_2, OB_3, OB_4, OB_5, OB_6, OB_7, OB_8)
