"""Every checker of the saga, in the order of its promises."""

from __future__ import annotations

from shaketable_patterns.order_facts import FactsChecker
from shaketable_patterns.saga import (
    compensation,
    conservation,
    finality,
    isolation,
    overacting,
    promises,
    reordering,
    termination,
)

SG_1 = FactsChecker(promises.CONSERVATION, conservation.judge)
SG_2 = FactsChecker(promises.NEVER_OVERACT, overacting.judge)
SG_3 = FactsChecker(promises.REVERSE_ORDER, compensation.judge)
SG_4 = FactsChecker(promises.TERMINAL_IS_FINAL, finality.judge)
SG_5 = FactsChecker(promises.TERMINATES, termination.judge)
SG_6 = FactsChecker(promises.ISOLATED, isolation.judge)
SG_7 = FactsChecker(promises.ORDER_INDEPENDENT, reordering.judge)

CHECKERS = (SG_1, SG_2, SG_3, SG_4, SG_5, SG_6, SG_7)
