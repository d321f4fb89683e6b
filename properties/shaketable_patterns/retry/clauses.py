"""Every clause of the retry, in the order of its promises, with what must be declared for it to be claimed."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable_patterns.retry.attempts import RetryFacts
from shaketable_patterns.retry.budget import goes_on_within_budget, is_over_within_budget
from shaketable_patterns.retry.counting import (
    at_most_so_often,
    stops_at_the_first_success,
    tries_while_it_may,
)
from shaketable_patterns.retry.outcomes import the_last_error_surfaces, the_result_surfaces
from shaketable_patterns.retry.promises import RT_1, RT_2, RT_3, RT_4, RT_5, RT_6
from shaketable_patterns.retry.selection import (
    never_a_cancellation,
    no_unknown_outcome_twice,
    only_what_is_declared,
)
from shaketable_patterns.retry.waits import waits_as_declared, waits_end

RULES: tuple[Rule[RetryFacts], ...] = (
    Rule(RT_1, "at most as many attempts as declared", at_most_so_often, ("attempts",)),
    Rule(RT_1, "no attempt behind a success", stops_at_the_first_success),
    Rule(RT_1, "tried again while there are attempts and time", tries_while_it_may),
    Rule(RT_2, "each wait is within its bounds", waits_as_declared),
    Rule(RT_2, "each wait comes to an end", waits_end),
    Rule(RT_3, "only what is declared is tried again", only_what_is_declared),
    Rule(RT_3, "a cancellation ends the call", never_a_cancellation),
    Rule(RT_4, "no attempt behind the end of the budget", goes_on_within_budget, ("budget",)),
    Rule(RT_4, "all is over by the end of the budget", is_over_within_budget, ("covers_all",)),
    Rule(RT_5, "the last error surfaces", the_last_error_surfaces),
    Rule(RT_5, "the result surfaces", the_result_surfaces),
    Rule(RT_6, "nothing of unknown outcome is sent twice", no_unknown_outcome_twice, ("idempotent_only",)),
)
