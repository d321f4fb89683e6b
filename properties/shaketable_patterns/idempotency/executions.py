"""ID-1 and ID-2 at the effects: how often something was done."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.happenings import happenings
from shaketable_patterns.idempotency.facts import Work


def nothing_after_done(work: Work, tally: Tally) -> None:
    """ID-1 for consumers: an event that was written down as done and comes again does nothing."""
    for facts in work.groups:
        for consumer in facts.consumers:
            for given in consumer.repeated:
                mark = consumer.marks.get(given.id)
                if mark is None or mark.at > given.at:
                    continue
                tally.exercised += 1
                again = [done for done in consumer.effects(given) if done.at > given.at]
                if again:
                    tally.breach(
                        "double-effect",
                        f"{given.type or 'a record'} of {given.of} was done, came again and was done again",
                        mark.at,
                        given.at,
                        again[0].at,
                    )


def an_event_is_done_once(work: Work, tally: Tally) -> None:
    """ID-2: repeated deliveries are the opportunities; effects are counted by those who keep them."""
    for facts in work.groups:
        for consumer in facts.consumers:
            tally.exercised += len(consumer.repeated)
            for done in consumer.once:
                for of, happened in done.items():
                    if len(happened) > 1:
                        what = f"event {of}" if consumer.consumer.by_id else of
                        tally.breach(
                            "double-effect",
                            f"{consumer.consumer.group} did it {len(happened)} times for {what}",
                            happened[0].at,
                            happened[1].at,
                        )


def a_request_is_executed_once(work: Work, tally: Tally) -> None:
    """ID-2: repeated requests are the opportunities; each thing is made once."""
    for facts in work.keys:
        tally.exercised += sum(len(requests) - 1 for requests in facts.by_key.values())
        for effect in facts.role.executes:
            first: dict[str, int] = {}
            for happening in happenings(effect, work.views):
                at = first.setdefault(happening.of, happening.at)
                if at != happening.at:
                    tally.breach("double-effect", f"{happening.of} was made twice", at, happening.at)
