"""Every checker of dead letters, in the order of its promises."""

from __future__ import annotations

from shaketable_patterns.dead_letters import accounting, promises, redriving
from shaketable_patterns.order_facts import FactsChecker

DL_1 = FactsChecker(promises.ACCOUNTED_FOR, accounting.accounted_for)
DL_2 = FactsChecker(promises.REDRIVE_ONCE, redriving.judge)
DL_3 = FactsChecker(promises.NOTHING_DROPPED, accounting.nothing_dropped)

CHECKERS = (DL_1, DL_2, DL_3)
