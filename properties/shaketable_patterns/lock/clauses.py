"""Every clause of the lock, in the order of its promises, with the knobs that must be declared for it to be claimed."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable_patterns.lock.exclusion import at_most_one_owner, skew_changes_nothing, stays_at_least
from shaketable_patterns.lock.fencing import later_writes_win, the_resource_keeps_later_writes, tokens_grow
from shaketable_patterns.lock.freeing import (
    free_after_a_lease,
    free_after_a_release,
    free_whatever_the_clocks,
)
from shaketable_patterns.lock.ownership import (
    no_owner_after_a_failure,
    only_ones_own_is_extended,
)
from shaketable_patterns.lock.promises import LK_1, LK_2, LK_3, LK_4, LK_5, LK_6, LK_7, LK_8, LK_9, LK_10
from shaketable_patterns.lock.renewal import a_live_holder_stays, one_that_lost_is_told
from shaketable_patterns.lock.store import (
    a_failed_acquire_changes_nothing,
    others_are_left_alone,
    the_told_one_owns,
)
from shaketable_patterns.lock.tenures import LockFacts

RULES: tuple[Rule[LockFacts], ...] = (
    Rule(LK_1, "at most one owner at a time", at_most_one_owner),
    Rule(LK_2, "only one's own unexpired lease is extended", only_ones_own_is_extended, ("extend",)),
    Rule(LK_2, "the store keeps the owner through what others do", others_are_left_alone, ("store_observable",)),
    Rule(LK_3, "no owner after a refusal or an error", no_owner_after_a_failure),
    Rule(LK_3, "the store knows the owner that is told", the_told_one_owns, ("store_observable",)),
    Rule(LK_4, "a live holder stays the owner", a_live_holder_stays, ("renewal",)),
    Rule(LK_4, "a holder that lost the lock is told", one_that_lost_is_told, ("tells",)),
    Rule(LK_5, "a release, or its retry, frees the lock", free_after_a_release),
    Rule(LK_6, "a failed acquire changes nothing for the holder", a_failed_acquire_changes_nothing, ("store_observable",)),
    Rule(LK_7, "free once the lease is over", free_after_a_lease),
    Rule(LK_8, "taken for as long as lockAtLeastFor", stays_at_least, ("at_least_ms",)),
    Rule(LK_9, "no stale write behind a later holder's", later_writes_win),
    Rule(LK_9, "the resource keeps what a later holder wrote", the_resource_keeps_later_writes),
    Rule(LK_9, "tokens grow", tokens_grow),
    Rule(LK_10, "one owner at a time under skewed clocks", skew_changes_nothing),
    Rule(LK_10, "free once the lease is over under skewed clocks", free_whatever_the_clocks),
)  # fmt: skip
