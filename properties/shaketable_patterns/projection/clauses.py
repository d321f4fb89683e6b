"""Every clause of a read model, in the order of its promises, with what a mapping must declare for it."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.mapping.rules_under_mapping import Rules
from shaketable_patterns.projection import answers, completeness, newer, once, poison, positions, promises
from shaketable_patterns.projection.facts import ReadModelFacts, ReadModelReader

_RULES: tuple[Rule[ReadModelFacts], ...] = (
    Rule(
        promises.COMPLETE,
        "each row says what was committed",
        completeness.view_says_what_was_committed,
        ("projection.same",),
        reached_by="a committed row, in a run without a rebuild that becomes quiet",
    ),
    Rule(
        promises.COMPLETE,
        "each total is what was committed",
        completeness.totals_are_what_was_committed,
        ("total.view&amount",),
        reached_by="a committed row that counts, in a run without a rebuild that becomes quiet",
    ),
    Rule(
        promises.COMPLETE,
        "an answer says what the view says",
        answers.answers_say_what_the_view_says,
        ("question.says&!strong", "total.view&amount", "knobs.staleness_ms"),
        reached_by="a question long after all is healed",
    ),
    Rule(
        promises.ONCE,
        "a total counts each event at most once",
        once.counted_at_most_once,
        ("total.view&amount",),
        reached_by="a commit of the view that changes a total",
    ),
    Rule(
        promises.FORWARD,
        "the position moves forward",
        positions.position_moves_forward,
        ("position.next",),
        reached_by="a second record of a partition",
    ),
    Rule(
        promises.FORWARD,
        "the position is not ahead of the view",
        positions.position_is_not_ahead,
        ("position.next", "projection.record&record_version&version"),
        reached_by="a position that moves over a record",
    ),
    Rule(
        promises.FORWARD,
        "an old event undoes nothing newer",
        newer.newer_is_not_undone,
        ("projection.same",),
        reached_by="a row of the view that changes a second time",
    ),
    Rule(
        promises.REBUILT,
        "a rebuilt view says what was committed",
        completeness.rebuilt_view_says_the_same,
        ("rebuild", "projection.same|total.view"),
        reached_by="a rebuild, in a run that becomes quiet",
    ),
    Rule(
        promises.REBUILT,
        "a rebuild comes to an end",
        completeness.rebuild_comes_to_an_end,
        ("rebuild.rows&building",),
        reached_by="a rebuild, in a run that becomes quiet",
    ),
    Rule(
        promises.FRESH,
        "a strong answer is never stale",
        answers.strong_answers_are_not_stale,
        ("question.says&strong",),
        reached_by="a question on the strong path",
    ),
    Rule(
        promises.FRESH,
        "an answer lags no longer than declared",
        answers.answers_are_fresh,
        ("question.says&!strong", "knobs.staleness_ms"),
        reached_by="a question long after all is healed",
    ),
    Rule(
        promises.POISON,
        "what nothing can read is kept",
        poison.poison_is_kept,
        ("poison.letters", "knobs.poison_policy=park"),
        reached_by="an event that nothing can read",
    ),
    Rule(
        promises.POISON,
        "what nothing can read is passed or stopped at, as declared",
        poison.poison_is_passed_or_not,
        ("poison", "position.next", "knobs.poison_policy", "knobs.staleness_ms"),
        reached_by="an event that nothing can read",
    ),
)

PROJECTION_RULES = Rules(_RULES, ReadModelReader)
