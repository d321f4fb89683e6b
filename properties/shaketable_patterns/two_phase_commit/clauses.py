"""Every clause of two-phase commit, in the order of its promises, with what a mapping must declare for it."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.mapping.rules_under_mapping import Rules
from shaketable_patterns.two_phase_commit import atomicity, blocking, promises, resolution
from shaketable_patterns.two_phase_commit.facts import TwoPhaseFacts, TwoPhaseReader

_RULES: tuple[Rule[TwoPhaseFacts], ...] = (
    Rule(
        promises.ALL_OR_NONE,
        "all branches commit or none does",
        atomicity.all_commit_or_none,
        ("branch.does",),
        reached_by="a transaction of which a branch is prepared, in a run that becomes quiet",
    ),
    Rule(
        promises.ALL_OR_NONE,
        "the log says what was done",
        atomicity.the_log_says_what_was_done,
        ("branch.does", "decision.commit&abort"),
        reached_by="a decision in the log, in a run that becomes quiet",
    ),
    Rule(
        promises.BOUNDED,
        "locks are held for a bounded time whatever fails",
        blocking.locks_are_held_for_a_bounded_time,
        ("branch.does", "knobs.lock_ms_max"),
        reached_by="a branch that is prepared while something is wrong",
    ),
    Rule(
        promises.BOUNDED,
        "locks are held shortly when nothing is wrong",
        blocking.locks_are_held_shortly_in_calm,
        ("branch.does", "knobs.lock_ms_max"),
        reached_by="a branch that is prepared when nothing is wrong",
    ),
    Rule(
        promises.RESOLVED,
        "nothing is left in doubt",
        resolution.nothing_stays_prepared,
        ("branch.does",),
        reached_by="a branch that is prepared while something is wrong, in a run that becomes quiet",
    ),
    Rule(
        promises.RESOLVED,
        "what is in doubt is resolved soon after all is healed",
        resolution.resolved_soon_after_all_is_healed,
        ("branch.does", "knobs.resolve_ms"),
        reached_by="a branch that is in doubt when the last fault is over",
    ),
    Rule(
        promises.RESOLVED,
        "what is in doubt is resolved as the log says",
        resolution.resolved_as_the_log_says,
        ("branch.does", "decision.commit&abort"),
        reached_by="a branch that ends, in a run that becomes quiet",
    ),
)

TWO_PHASE_RULES = Rules(_RULES, TwoPhaseReader)
