"""Every clause of the rate limiter, in the order of its promises, with what must be declared for it to be claimed."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable_patterns.rate_limiter.admissions import (
    callers_share_a_budget,
    clocks_mint_nothing,
    one_caller_keeps_to_the_law,
)
from shaketable_patterns.rate_limiter.promises import RL_1, RL_2, RL_3, RL_4, RL_5, RL_6
from shaketable_patterns.rate_limiter.refusals import (
    admitted_while_there_is_room,
    budgets_are_apart,
    clocks_block_nothing,
    keys_are_apart,
    refusals_consume_nothing,
)
from shaketable_patterns.rate_limiter.store_loss import fails_as_declared
from shaketable_patterns.rate_limiter.takings import LimiterFacts

RULES: tuple[Rule[LimiterFacts], ...] = (
    Rule(RL_1, "one caller is admitted no more than its law allows", one_caller_keeps_to_the_law),
    Rule(RL_2, "refused and cancelled calls consume nothing", refusals_consume_nothing, ("refused",)),
    Rule(RL_3, "admitted at once while there is room", admitted_while_there_is_room),
    Rule(RL_4, "callers together are admitted no more than its law allows", callers_share_a_budget),
    Rule(RL_4, "no worker uses up what is another's", budgets_are_apart, ("own",)),
    Rule(RL_5, "clocks that are set mint nothing", clocks_mint_nothing),
    Rule(RL_5, "clocks that are set block nothing for longer than their step", clocks_block_nothing),
    Rule(RL_6, "no key uses up what is another's", keys_are_apart, ("keys",)),
    Rule(RL_6, "without its store it fails as declared", fails_as_declared, ("store",)),
)
