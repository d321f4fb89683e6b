"""Every clause of the outbox, in the order of its promises, with what a mapping must declare for it."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.mapping.rules_under_mapping import Rules
from shaketable_patterns.outbox import (
    atomicity,
    claims,
    committed_causes,
    delivery,
    promises,
    relay_batches,
    relay_lock,
    sequence,
)
from shaketable_patterns.outbox.facts import Outboxes, OutboxesReader

_BOTH_SIDES = "outbox.events&record"

_RULES: tuple[Rule[Outboxes], ...] = (
    Rule(
        promises.ATOMIC,
        "a change commits with its event row",
        atomicity.change_has_its_event,
        ("outbox.owes&events",),
        reached_by="a change that owes an event",
    ),
    Rule(
        promises.ATOMIC,
        "a change without event rows is published",
        atomicity.change_is_published,
        ("outbox.owes&record&!events",),
        reached_by="a change that owes an event, in a run that becomes quiet",
    ),
    Rule(
        promises.ATOMIC,
        "an event row stands for a change",
        atomicity.event_has_its_change,
        ("outbox.owes&events",),
        reached_by="an event row of a type that a change owes",
    ),
    Rule(
        promises.ATOMIC,
        "an event row has a change of its own",
        atomicity.event_has_a_change_of_its_own,
        ("outbox.owes&events&type",),
        reached_by="an event row of a type that a change owes",
    ),
    Rule(
        promises.DELIVERED,
        "what is committed arrives",
        delivery.committed_arrives,
        (_BOTH_SIDES,),
        reached_by="an event row",
    ),
    Rule(
        promises.DELIVERED,
        "what is given up is visible",
        delivery.given_up_visibly,
        ("outbox.dead&record",),
        reached_by="an event that no broker takes (an op that plays poison), in a run that becomes quiet",
    ),
    Rule(
        promises.CONFIRMED_FIRST,
        "sent means that the broker has it",
        delivery.sent_means_there,
        ("outbox.sent&record&!sent=log",),
        reached_by="an event row that is marked as sent",
    ),
    Rule(
        promises.FENCED,
        "sent is final",
        claims.sent_is_final,
        ("outbox.sent&!sent=log",),
        reached_by="a later change of an event row",
    ),
    Rule(
        promises.FENCED,
        "only the owner of a claim writes",
        claims.only_owners_write,
        ("outbox.claim|outbox.lock",),
        reached_by="a later change of an event row, by a process that is known",
    ),
    Rule(
        promises.FENCED,
        "only its holder gives a lock up",
        relay_lock.only_its_holder_gives_it_up,
        ("outbox.lock.rows&lock.until", "knobs.lock_at_most_for_ms"),
        reached_by="a relay that takes a lock over: its holder is paused, or restarts late, for longer than the lease",
    ),
    Rule(
        promises.NOTHING_ELSE,
        "nothing uncommitted is published",
        committed_causes.nothing_uncommitted,
        ("outbox.record",),
        reached_by="a record that a service publishes",
    ),
    Rule(
        promises.NOTHING_ELSE,
        "a record says what was committed",
        committed_causes.says_what_was_committed,
        ("outbox.same&record",),
        reached_by="a record of a committed row",
    ),
    Rule(
        promises.IN_ORDER,
        "an aggregate's events appear in commit order",
        sequence.order_of_each_aggregate,
        ("outbox.of&record",),
        reached_by="two event rows of one aggregate",
    ),
    Rule(
        promises.IN_ORDER,
        "an aggregate has one key",
        sequence.one_key_for_each_aggregate,
        ("outbox.of&record",),
        reached_by="two records of one aggregate on a topic",
    ),
    Rule(
        promises.IN_ORDER,
        "no row is skipped",
        sequence.no_row_is_skipped,
        ("outbox.sequence&pending&record",),
        reached_by="a row whose COMMIT comes after that of a row with a higher number: a late COMMIT",
    ),
    Rule(
        promises.POISON_ALONE,
        "poison holds up no other row",
        relay_batches.poison_blocks_none,
        ("outbox.pending&record", "outbox.dead|outbox.payload", "outbox.dead|knobs.event_bytes_max"),
        reached_by="an event that no broker takes (an op that plays poison)",
    ),
    Rule(
        promises.BOUNDED,
        "a tick reads a bounded batch",
        relay_batches.batch_is_bounded,
        ("outbox.events&!sent=log", "knobs.batch_size"),
        reached_by="a poll of the outbox",
    ),
    Rule(
        promises.BOUNDED,
        "a poll is narrowed by an index",
        relay_batches.poll_is_narrowed,
        ("outbox.events&indexed",),
        reached_by="a poll that finds rows, where the plan of its statement is known",
    ),
)

OUTBOX_RULES = Rules(_RULES, OutboxesReader)
