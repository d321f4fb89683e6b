"""ID-6: what was done and that it was done, together or not at all."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.consumers import ConsumerFacts
from shaketable.mapping.happenings import changes_that, happenings
from shaketable.mapping.history_index import Change
from shaketable.mapping.value_paths import text
from shaketable_patterns.idempotency.facts import DONE, KeyFacts, Work
from shaketable_patterns.idempotency.stored_outcome import stored_statuses


def changes_come_with_marks(work: Work, tally: Tally) -> None:
    """Judge that a change that a consumer makes for an event is committed with the mark of that event.

    What a service decides by itself, after a timeout say, notes none: only what an event can have caused is judged.
    """
    for facts in work.groups:
        caused: dict[tuple[str, str], int] = {}
        marked: dict[str, set[int]] = {}
        for consumer in facts.consumers:
            group = consumer.consumer.group
            for given in consumer.given:
                caused.setdefault((group, given.of), given.at)
            mark = consumer.consumer.mark
            if mark is not None and group not in marked:
                marked[group] = {change.commit for change in changes_that(mark, work.index)}
        seen: set[tuple[str, int]] = set()
        for consumer in facts.consumers:
            group = consumer.consumer.group
            for effect in consumer.consumer.commits:
                of = effect.read_of
                for change in changes_that(effect, work.index):
                    if (group, change.number) in seen:
                        continue
                    seen.add((group, change.number))
                    tally.exercised += 1
                    asked_for = caused.get((group, text(of(change))), change.at) < change.at
                    if asked_for and change.commit not in marked.get(group, ()):
                        tally.breach(
                            "effect-without-record",
                            f"{change.text} of {text(of(change))} committed without noting which event asked for it",
                            change.at,
                            about=(text(of(change)),),
                        )


def marks_come_after_effects(work: Work, tally: Tally) -> None:
    """Judge that a mark comes behind what it speaks of, where mark and effect cannot be one commit."""
    for facts in work.groups:
        for consumer in facts.consumers:
            if consumer.consumer.together or not consumer.consumer.done:
                continue
            for given in consumer.records.values():
                mark = consumer.marks.get(given.id)
                if mark is None or consumer.is_needless(given):
                    continue
                tally.exercised += 1
                done = min((happening.at for happening in consumer.handled(given)), default=-1)
                if not 0 <= done <= mark.at:
                    tally.breach(
                        "record-without-effect",
                        f"event {given.id} was marked as done before it was",
                        mark.at,
                        done,
                        about=(given.id,),
                    )


def effects_are_marked(work: Work, tally: Tally) -> None:
    """Judge that once all is quiet, what was done for an event is marked, or its event is filed."""
    if work.index.unsettled:
        return
    for facts in work.groups:
        for consumer in facts.consumers:
            if consumer.consumer.together or consumer.consumer.mark is None or not consumer.consumer.by_id:
                continue
            for done in consumer.once:
                for event, happened in done.items():
                    tally.exercised += 1
                    filed = facts.letters.about(event, consumer.consumer.group)
                    if event not in consumer.marks and filed is None:
                        tally.breach(
                            "effect-without-record",
                            f"event {event} was done and never marked as done",
                            happened[0].at,
                            about=(event,),
                        )


def what_is_marked_is_there(work: Work, tally: Tally) -> None:
    """Judge that once all is quiet, what a group noted as done is there to be seen."""
    if work.index.unsettled:
        return
    for facts in work.groups:
        for consumer in facts.consumers:
            if consumer.consumer.together and consumer.consumer.done:
                _there(consumer, tally)


def _there(consumer: ConsumerFacts, tally: Tally) -> None:
    for given in consumer.records.values():
        mark = consumer.marks.get(given.id)
        if mark is None:
            continue
        tally.exercised += 1
        if not consumer.effective(given):
            tally.breach(
                "record-without-effect",
                f"{consumer.consumer.group} noted {given.type or 'a record'} of {given.of} as done, and nothing came of it",
                given.record.at,
                mark.at,
                about=(given.of,),
            )


def executions_are_recorded(work: Work, tally: Tally) -> None:
    """Judge that what a request makes is committed with the record of its key."""
    for facts in work.keys:
        if not facts.records:
            continue
        for effect in facts.role.executes[:1]:
            for happening in happenings(effect, work.index):
                tally.exercised += 1
                what = happening.what
                if isinstance(what, Change) and not facts.stored_in(what.commit):
                    tally.breach(
                        "effect-without-record",
                        f"{happening.of} was made without noting under which key",
                        happening.at,
                        about=(happening.of,),
                    )


def records_have_executions(work: Work, tally: Tally) -> None:
    """Judge that a record is done with what it stands for, or keeps a refusal, if refusals are kept at all.

    An outage is no outcome.
    """
    for facts in work.keys:
        if not facts.role.executes:
            continue
        made = {
            happening.what.commit
            for happening in happenings(facts.role.executes[0], work.index)
            if isinstance(happening.what, Change)
        }
        for change in facts.changes:
            if facts.reads.state(change) != DONE or facts.reads.state(change.before) == DONE:
                continue
            tally.exercised += 1
            if change.commit not in made:
                _without_effect(facts, change, tally)


def _without_effect(facts: KeyFacts, done: Change, tally: Tally) -> None:
    status, kept = facts.reads.outcome(done), stored_statuses(tally.profile)
    key = facts.key(done)
    if not isinstance(status, int) or not 400 <= status < 500:
        tally.breach(
            "record-without-effect",
            f"key {key} was noted as done without what it stands for",
            done.at,
            about=(key,),
        )
    elif kept is not None and status not in kept:
        declared = tally.profile.knobs["stored_statuses"]
        tally.breach(
            "record-without-effect",
            f"a {status} was kept under key {key}, which stays refused; only {declared} is kept",
            done.at,
            about=(key,),
            off_profile=f"stored_statuses={declared},{status}",
        )
