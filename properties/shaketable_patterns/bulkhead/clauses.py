"""Every clause of the bulkhead, in the order of its promises."""

from __future__ import annotations

from shaketable.checkers.rule import Rule, checkers_of
from shaketable_patterns.bulkhead.concurrency_limit import at_most_as_many_as_permits
from shaketable_patterns.bulkhead.facts import BulkheadFacts, facts_of
from shaketable_patterns.bulkhead.permits import all_are_free_in_the_end, counts_are_true, permits_add_up
from shaketable_patterns.bulkhead.promises import BH_1, BH_2, BH_3, BH_4, BH_5
from shaketable_patterns.bulkhead.queue import (
    never_idle_while_calls_wait,
    never_longer_than_its_wait,
    never_rejected_from_the_queue,
)
from shaketable_patterns.bulkhead.rejections import only_after_its_wait, only_when_full

RULES: tuple[Rule[BulkheadFacts], ...] = (
    Rule(BH_1, "at most as many run as there are permits", at_most_as_many_as_permits),
    Rule(BH_2, "free and running are all permits", permits_add_up),
    Rule(BH_2, "the counts are what is seen from outside", counts_are_true),
    Rule(BH_2, "all are free in the end", all_are_free_in_the_end),
    Rule(BH_3, "a call that waits is not rejected for another one", never_rejected_from_the_queue),
    Rule(BH_3, "a call waits no longer than it may", never_longer_than_its_wait),
    Rule(BH_4, "no permit is free while a call waits", never_idle_while_calls_wait),
    Rule(BH_5, "a call is rejected only when all permits are taken", only_when_full),
    Rule(BH_5, "a call is rejected only after its wait", only_after_its_wait),
)
CHECKERS = checkers_of(RULES, facts_of)
