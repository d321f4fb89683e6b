"""Every clause of idempotent work, in the order of its promises, with what a mapping must declare for it."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.mapping.rules_under_mapping import Rules
from shaketable_patterns.idempotency import (
    answers,
    at_most_once,
    atomicity,
    other_payload,
    ownership,
    promises,
    reusable_keys,
    stored_outcome,
    takeovers,
)
from shaketable_patterns.idempotency.facts import Work, WorkReader

_KEYS = "op.key"
_STORE = "keyed.store&key"

_RULES: tuple[Rule[Work], ...] = (
    Rule(
        promises.STORED_OUTCOME,
        "the same request gets the same answer",
        stored_outcome.same_request_same_answer,
        (_KEYS, "keyed"),
        reached_by="a request that comes again after its first success",
    ),
    Rule(
        promises.STORED_OUTCOME,
        "refusals are kept",
        stored_outcome.refusals_are_kept,
        (_KEYS, "keyed.store&key&outcome&executes", "knobs.stored_statuses"),
        reached_by="a request for what exists under another key, refused with a status that is kept",
    ),
    Rule(
        promises.STORED_OUTCOME,
        "a repetition waits",
        stored_outcome.none_is_refused_in_progress,
        (_KEYS, "keyed", "knobs.in_progress=wait"),
        reached_by="a request that comes again",
    ),
    Rule(
        promises.STORED_OUTCOME,
        "an event marked as done does nothing again",
        stored_outcome.nothing_after_done,
        ("consumers.consumers.mark", "consumers.consumers.once"),
        reached_by="an event that is delivered again after its mark: a crash or a rebalance before its offset is committed",
    ),
    Rule(
        promises.AT_MOST_ONCE,
        "an event is done once",
        at_most_once.an_event_is_done_once,
        ("consumers.consumers.once",),
        reached_by="an event that is delivered again: a crash or a rebalance before its offset is committed",
    ),
    Rule(
        promises.AT_MOST_ONCE,
        "a request is executed once",
        at_most_once.a_request_is_executed_once,
        (_KEYS, "keyed.executes"),
        reached_by="a request that comes again",
    ),
    Rule(
        promises.OWNER_ONLY,
        "a record that is done stays",
        ownership.done_records_stay,
        (_STORE, "keyed.done"),
        reached_by="a request under a key whose record is done",
    ),
    Rule(
        promises.OWNER_ONLY,
        "a record changes hands when its lease is over",
        ownership.records_change_hands_late,
        (_STORE, "keyed.owner&until", "knobs.key_lease_ms"),
        reached_by="a later change of a running record",
    ),
    Rule(
        promises.OWNER_ONLY,
        "the process that claimed a record completes it",
        takeovers.who_claimed_completes,
        (_STORE, "keyed.owner&running&done"),
        reached_by="claims by two instances, of which one is completed",
    ),
    Rule(
        promises.OWNER_ONLY,
        "a request that took a key over completes it",
        takeovers.who_took_over_is_answered,
        (_KEYS, _STORE, "keyed.owner&running&done&busy"),
        reached_by="a repetition while the first request takes longer than its lease",
    ),
    Rule(
        promises.NEVER_BLOCKED,
        "a refusal needs a request in progress",
        reusable_keys.refused_only_within_a_lease,
        (_KEYS, _STORE, "keyed.running", "knobs.key_lease_ms"),
        reached_by="a repetition while its key is in work",
    ),
    Rule(
        promises.NEVER_BLOCKED,
        "a key that was given back is free",
        reusable_keys.given_back_is_free,
        (_KEYS, _STORE, "keyed.running"),
        reached_by="a repetition after its key was given back, such as one of a request whose transaction failed",
    ),
    Rule(
        promises.NEVER_BLOCKED,
        "no key stays taken",
        reusable_keys.no_key_stays_taken,
        (_STORE, "keyed.running"),
        reached_by="a key that is claimed without a lease, in a run that becomes quiet",
    ),
    Rule(
        promises.NEVER_BLOCKED,
        "in calm every request is answered",
        reusable_keys.answered_in_calm,
        (_KEYS, "op.plays=repeat"),
        reached_by="a repetition after the last fault and all time-outs that it can cause",
    ),
    Rule(
        promises.OTHER_PAYLOAD,
        "another payload is refused",
        other_payload.other_payload_is_refused,
        ("op.key&payload", "keyed"),
        reached_by="another payload under a key that was used",
    ),
    Rule(
        promises.OTHER_PAYLOAD,
        "only misuse is called so",
        other_payload.only_misuse_is_called_so,
        ("op.key&payload", "keyed"),
        reached_by="a request that is told that its key was used for something else",
    ),
    Rule(
        promises.TOGETHER,
        "a change comes with the mark of its event",
        atomicity.changes_come_with_marks,
        ("consumers.consumers.commits", "consumers.consumers.mark"),
        reached_by="a change that an event asks for",
    ),
    Rule(
        promises.TOGETHER,
        "a mark comes behind its effect",
        atomicity.marks_come_after_effects,
        ("consumers.consumers.mark", "consumers.consumers.done"),
        reached_by="an event that is marked as done",
    ),
    Rule(
        promises.TOGETHER,
        "what was done is marked",
        atomicity.effects_are_marked,
        ("consumers.consumers.mark", "consumers.consumers.once"),
        reached_by="an effect of an event, in a run that becomes quiet",
    ),
    Rule(
        promises.TOGETHER,
        "what is marked was done",
        atomicity.what_is_marked_is_there,
        ("consumers.consumers.mark", "consumers.consumers.done"),
        reached_by="an event that is marked as done, in a run that becomes quiet",
    ),
    Rule(
        promises.TOGETHER,
        "an execution is recorded",
        atomicity.executions_are_recorded,
        (_STORE, "keyed.executes"),
        reached_by="a request that is executed",
    ),
    Rule(
        promises.TOGETHER,
        "a record has its execution",
        atomicity.records_have_executions,
        (_STORE, "keyed.done", "keyed.executes"),
        reached_by="a record that becomes done",
    ),
    Rule(
        promises.TOGETHER,
        "what was answered is there",
        answers.what_was_answered_is_there,
        (_KEYS, "keyed.executes"),
        reached_by="a request that is answered ok, in a run that becomes quiet",
    ),
    Rule(
        promises.TOGETHER,
        "a refusal leaves nothing",
        answers.a_refusal_leaves_nothing,
        (_KEYS, "keyed.executes"),
        reached_by="a request that is refused, the only one about its subject, in a run that becomes quiet",
    ),
)
IDEMPOTENCY_RULES = Rules(_RULES, WorkReader)
