"""DL-1 and DL-3: every record that reached a group is done, or is visibly waiting."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable_patterns.dead_letters.facts import Systems


def letters_say_why(systems: Systems, tally: Tally) -> None:
    """Judge DL-1: each dead letter has a cause, where the mapping says where causes stand."""
    for facts in systems:
        for letter in facts.letters.every:
            if not letter.explained:
                continue
            tally.exercised += 1
            if not letter.cause:
                tally.breach(
                    "dead-letter-without-cause",
                    f"the letter about {_about(letter.about, letter.of)} has no cause",
                    letter.at,
                    about=(letter.of, letter.about),
                )


def letters_are_announced(systems: Systems, tally: Tally) -> None:
    """Judge DL-1: of each dead letter an alert tells, once all is quiet."""
    for facts in systems:
        if facts.index.unsettled:
            continue
        for letter in facts.letters.every:
            if not letter.alertable:
                continue
            tally.exercised += 1
            if letter.alert_at < 0:
                tally.breach(
                    "no-alert",
                    f"{letter.consumer or 'a consumer'} filed {_about(letter.about, letter.of)} and no alert tells of it",
                    letter.at,
                    about=(letter.of, letter.about, letter.consumer),
                )


def what_was_given_is_settled(systems: Systems, tally: Tally) -> None:
    """Judge DL-1: what came to a group that must act on it is done or filed.

    Only what came again counts as put to the test; what came once and is not settled is a breach all the same.
    """
    for facts in systems:
        if facts.index.unsettled:
            continue
        for consumer in facts.consumers:
            tally.exercised += len(consumer.repeated)
            seen: set[str] = set()
            for given in reversed(consumer.given):
                if given.id in seen:
                    continue
                seen.add(given.id)
                if not facts.settled(consumer, given):
                    tally.breach(
                        "never-handled",
                        f"{given.type or 'a record'} of {given.of} came to {consumer.consumer.group} and nothing became of it",
                        given.record.at,
                        given.at,
                        about=(given.of, consumer.consumer.group),
                    )


def nothing_is_dropped(systems: Systems, tally: Tally) -> None:
    """Judge DL-3: once all is quiet, everything that a group's offset has passed is settled."""
    for facts in systems:
        if facts.index.unsettled:
            continue
        passed: dict[tuple[str, str, int], tuple[int, int]] = {}
        for event in facts.index.offsets:
            value = event.value
            place = (value["group"], value["topic"], value["partition"])
            if value["offset"] > passed.get(place, (0, 0))[0]:
                passed[place] = (value["offset"], event.index)
        for consumer in facts.consumers:
            group = consumer.consumer.group
            seen: set[str] = set()
            for given in consumer.given:
                record = given.record
                offset, at = passed.get((group, record.topic, record.partition), (0, -1))
                if record.offset >= offset or given.id in seen:
                    continue
                seen.add(given.id)
                tally.exercised += 1
                if not facts.settled(consumer, given):
                    tally.breach(
                        "silent-drop",
                        f"{group} passed over {given.type or 'a record'} of {given.of}: neither done nor a dead letter",
                        given.at,
                        at,
                        about=(given.of, group),
                    )


def _about(event: str, of: str) -> str:
    return f"event {event} of {of}" if of else f"event {event}"
