"""Every checker of idempotent work, in the order of its promises."""

from __future__ import annotations

from shaketable_patterns.idempotency import blocking, calm, effects, promises, records, requests, stored
from shaketable_patterns.order_facts import FactsChecker, OrderFacts, Tally


def _never_blocked(facts: OrderFacts, tally: Tally) -> None:
    blocking.never_blocked(facts, tally)
    calm.answered_in_calm(facts, tally)


def _stored_outcome(facts: OrderFacts, tally: Tally) -> None:
    requests.stored_outcome(facts, tally)
    stored.refusals_are_kept(facts, tally)
    blocking.nobody_is_refused_in_progress(facts, tally)
    effects.nothing_after_done(facts, tally)


ID_1 = FactsChecker(promises.STORED_OUTCOME, _stored_outcome)
ID_2 = FactsChecker(promises.AT_MOST_ONCE, effects.at_most_once)
ID_3 = FactsChecker(promises.OWNER_ONLY, records.judge)
ID_4 = FactsChecker(promises.NEVER_BLOCKED, _never_blocked)
ID_5 = FactsChecker(promises.OTHER_PAYLOAD, requests.other_payload)
ID_6 = FactsChecker(promises.TOGETHER, effects.together)

CHECKERS = (ID_1, ID_2, ID_3, ID_4, ID_5, ID_6)
