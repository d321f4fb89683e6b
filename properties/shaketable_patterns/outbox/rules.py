"""Every clause of the outbox, in the order of its promises, with what a mapping must declare for it."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.mapping.judging import Rules
from shaketable_patterns.outbox import (
    as_committed,
    atomicity,
    batches,
    claims,
    delivery,
    locks,
    promises,
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
    ),
    Rule(
        promises.ATOMIC,
        "a change without event rows is published",
        atomicity.change_is_published,
        ("outbox.owes&record",),
    ),
    Rule(
        promises.ATOMIC,
        "an event row stands for a change",
        atomicity.event_has_its_change,
        ("outbox.owes&events",),
    ),
    Rule(
        promises.ATOMIC,
        "an event row has a change of its own",
        atomicity.event_has_a_change_of_its_own,
        ("outbox.owes&events&type",),
    ),
    Rule(promises.DELIVERED, "what is committed arrives", delivery.committed_arrives, (_BOTH_SIDES,)),
    Rule(
        promises.DELIVERED, "what is given up is visible", delivery.given_up_visibly, ("outbox.dead&record",)
    ),
    Rule(
        promises.CONFIRMED_FIRST,
        "sent means that the broker has it",
        delivery.sent_means_there,
        ("outbox.sent&record",),
    ),
    Rule(promises.FENCED, "sent is final", claims.sent_is_final, ("outbox.sent",)),
    Rule(
        promises.FENCED,
        "only the owner of a claim writes",
        claims.only_owners_write,
        ("outbox.claim|outbox.lock",),
    ),
    Rule(
        promises.FENCED,
        "only its holder gives a lock up",
        locks.only_its_holder_gives_it_up,
        ("outbox.lock.rows&lock.until", "knobs.lock_at_most_for_ms"),
    ),
    Rule(
        promises.NOTHING_ELSE,
        "nothing uncommitted is published",
        as_committed.nothing_uncommitted,
        ("outbox.record",),
    ),
    Rule(
        promises.NOTHING_ELSE,
        "a record says what was committed",
        as_committed.says_what_was_committed,
        ("outbox.same&record",),
    ),
    Rule(
        promises.IN_ORDER,
        "an aggregate's events appear in commit order",
        sequence.order_of_each_aggregate,
        ("outbox.of&record",),
    ),
    Rule(
        promises.IN_ORDER,
        "an aggregate has one key",
        sequence.one_key_for_each_aggregate,
        ("outbox.of&record",),
    ),
    Rule(
        promises.IN_ORDER,
        "no row is skipped",
        sequence.no_row_is_skipped,
        ("outbox.sequence&pending&record",),
    ),
    Rule(
        promises.POISON_ALONE,
        "poison holds up no other row",
        batches.poison_blocks_none,
        ("outbox.pending&record", "outbox.dead|outbox.payload", "outbox.dead|knobs.event_bytes_max"),
    ),
    Rule(
        promises.BOUNDED,
        "a tick reads a bounded batch",
        batches.batch_is_bounded,
        ("outbox.events", "knobs.batch_size"),
    ),
)

OUTBOX_RULES = Rules(_RULES, OutboxesReader)
