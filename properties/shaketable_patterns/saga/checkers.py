"""Every checker of the saga, in the order of its promises."""

from __future__ import annotations

from shaketable_patterns.order_facts import FactsChecker, OrderFacts, Tally
from shaketable_patterns.saga import (
    compensation,
    conservation,
    disturbance,
    failing,
    finality,
    isolation,
    overacting,
    promises,
    termination,
)


def _final(facts: OrderFacts, tally: Tally) -> None:
    finality.judge(facts, tally)
    failing.never_goes_on(facts, tally)


def _terminates(facts: OrderFacts, tally: Tally) -> None:
    termination.judge(facts, tally)
    failing.never_stops(facts, tally)


SG_1 = FactsChecker(promises.CONSERVATION, conservation.judge)
SG_2 = FactsChecker(promises.NEVER_OVERACT, overacting.judge)
SG_3 = FactsChecker(promises.REVERSE_ORDER, compensation.judge)
SG_4 = FactsChecker(promises.TERMINAL_IS_FINAL, _final)
SG_5 = FactsChecker(promises.TERMINATES, _terminates)
SG_6 = FactsChecker(promises.ISOLATED, isolation.judge)
SG_7 = FactsChecker(promises.ORDER_INDEPENDENT, disturbance.judge)

CHECKERS = (SG_1, SG_2, SG_3, SG_4, SG_5, SG_6, SG_7)
