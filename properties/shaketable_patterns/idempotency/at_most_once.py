"""ID-2: at most one completed execution of an event or a request, counted at its effects."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.happenings import happenings
from shaketable_patterns.idempotency import retention
from shaketable_patterns.idempotency.facts import Work


def an_event_is_done_once(work: Work, tally: Tally) -> None:
    """Judge ID-2: repeated deliveries are the opportunities; effects are counted by those who keep them."""
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
                            about=(of,),
                        )


def a_request_is_executed_once(work: Work, tally: Tally) -> None:
    """Judge ID-2: repeated requests are the opportunities; each thing is made once."""
    for facts in work.keys:
        tally.exercised += sum(len(requests) - 1 for requests in facts.by_key.values())
        for effect in facts.role.executes:
            first: dict[str, int] = {}
            for happening in happenings(effect, work.index):
                at = first.setdefault(happening.of, happening.at)
                if at != happening.at and not retention.is_over(
                    tally.profile, work.index.time_ms(at), work.index.time_ms(happening.at)
                ):
                    tally.breach(
                        "double-effect",
                        f"{happening.of} was made twice",
                        at,
                        happening.at,
                        about=(happening.of,),
                    )
