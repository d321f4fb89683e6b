"""Every clause of copies, in the order of its promises, with what a mapping must declare for it."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.mapping.rules_under_mapping import Rules
from shaketable_patterns.eventual_consistency import convergence, partitions, promises, sessions, staleness
from shaketable_patterns.eventual_consistency.facts import CopiesFacts, CopiesReader

_RULES: tuple[Rule[CopiesFacts], ...] = (
    Rule(
        promises.CONVERGES,
        "all copies agree",
        convergence.all_copies_agree,
        ("replica.rows",),
        reached_by="a row that changes, in a run that becomes quiet",
    ),
    Rule(
        promises.CONVERGES,
        "they agree in time",
        convergence.they_agree_in_time,
        ("replica.rows", "writing", "knobs.converge_ms"),
        reached_by="a row that changes after a write",
    ),
    Rule(
        promises.CONVERGES,
        "an acknowledged write is kept",
        convergence.acknowledged_writes_are_kept,
        ("replica.rows", "writing"),
        reached_by="a write that is acknowledged, in a run that becomes quiet",
    ),
    Rule(
        promises.CONVERGES,
        "no copy goes back",
        convergence.no_copy_goes_back,
        ("replica.rows",),
        reached_by="a row that changes a second time",
    ),
    Rule(
        promises.MONOTONIC,
        "reads are monotonic",
        sessions.reads_are_monotonic,
        ("reading.monotonic&reader",),
        reached_by="a reader who reads the same twice",
    ),
    Rule(
        promises.OWN_WRITES,
        "own writes are seen",
        sessions.own_writes_are_seen,
        ("reading.own_writes&reader", "writing.reader"),
        reached_by="a reader who reads what it has written",
    ),
    Rule(
        promises.FRESH,
        "a strong answer is never stale",
        staleness.strong_reads_are_never_stale,
        ("reading.strong", "writing"),
        reached_by="a read behind an acknowledged write",
    ),
    Rule(
        promises.FRESH,
        "an answer lags no longer than declared",
        staleness.reads_lag_no_longer_than_declared,
        ("reading", "writing", "knobs.staleness_ms"),
        reached_by="a read long after all is healed, behind a write",
    ),
    Rule(
        promises.CHOSEN,
        "a minority refuses",
        partitions.a_minority_refuses,
        ("reading", "writing", "replica", "knobs.under_partition=refuse"),
        reached_by="a read or a write at a copy that is cut off from the majority",
    ),
    Rule(
        promises.CHOSEN,
        "a minority answers",
        partitions.a_minority_answers,
        ("reading", "writing", "replica", "knobs.under_partition=answer"),
        reached_by="a read or a write at a copy that is cut off from the majority",
    ),
    Rule(
        promises.CHOSEN,
        "an answer says how old it may be",
        partitions.it_says_how_old,
        ("reading.age", "writing", "replica"),
        reached_by="a read at a copy that is cut off from the majority",
    ),
)

COPIES_RULES = Rules(_RULES, CopiesReader)
