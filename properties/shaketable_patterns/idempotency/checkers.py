"""Every checker of idempotent work, in the order of its promises."""

from __future__ import annotations

from shaketable_patterns.idempotency import (
    at_most_once,
    atomicity,
    blocking,
    other_payload,
    ownership,
    promises,
    stored_outcome,
)
from shaketable_patterns.order_facts import FactsChecker

ID_1 = FactsChecker(promises.STORED_OUTCOME, stored_outcome.judge)
ID_2 = FactsChecker(promises.AT_MOST_ONCE, at_most_once.judge)
ID_3 = FactsChecker(promises.OWNER_ONLY, ownership.judge)
ID_4 = FactsChecker(promises.NEVER_BLOCKED, blocking.judge)
ID_5 = FactsChecker(promises.OTHER_PAYLOAD, other_payload.judge)
ID_6 = FactsChecker(promises.TOGETHER, atomicity.judge)

CHECKERS = (ID_1, ID_2, ID_3, ID_4, ID_5, ID_6)
