"""DL-1 and DL-3: every event that reached a service is done, or is visibly waiting."""

from __future__ import annotations

from shaketable_patterns.order_facts import Append, OrderFacts, Tally
from shaketable_patterns.order_facts.facts import bare
from shaketable_patterns.order_facts.obligations import buried, effective, owes, recorded


def accounted_for(facts: OrderFacts, tally: Tally) -> None:
    """DL-1: each dead letter has a cause and an alert; each event that was delivered is settled."""
    alerted = {bare(alert.event_id) for alert in facts.alerts}
    for letter in facts.dead:
        tally.exercised += 1
        if not _cause(letter):
            tally.breach(
                "dead-letter-without-cause",
                f"{letter.type} of {letter.order} is dead and nobody says why",
                letter.at,
                about=(letter.order,),
            )
        if not facts.unsettled and bare(letter.event_id) not in alerted:
            tally.breach(
                "no-alert",
                f"{letter.type} of {letter.order} is dead and nobody was told",
                letter.at,
                about=(letter.order,),
            )
    if facts.unsettled:
        return
    for change in facts.tables["dead_letters"]:
        if change.verb == "insert":
            tally.exercised += 1
            if bare(str(change.row.get("event_id"))) not in alerted:
                tally.breach(
                    "no-alert",
                    f"{change.db} keeps a dead letter of {change.row.get('aggregate')} and nobody was told",
                    change.at,
                    about=(change.row.get("aggregate"), change.db),
                )
    _each_delivery(facts, tally)


def _each_delivery(facts: OrderFacts, tally: Tally) -> None:
    """Only what came again counts as put to the test; what came once and is not settled is a breach all the same."""
    tally.exercised += sum(owes(d.group, d.record) for d in facts.repeated)
    seen: set[tuple[str, str]] = set()
    for delivery in reversed(facts.deliveries):
        record, group = delivery.record, delivery.group
        if (group, record.event_id) in seen:
            continue
        seen.add((group, record.event_id))
        if owes(group, record) and not settled(facts, group, record):
            tally.breach(
                "never-handled",
                f"{record.type or 'a record'} of {record.order} came to {group} and nothing became of it",
                record.at,
                delivery.at,
                about=(record.order, group),
            )


def nothing_dropped(facts: OrderFacts, tally: Tally) -> None:
    """DL-3: once all is quiet, whatever a group's offset has passed is settled."""
    if facts.unsettled:
        return
    passed: dict[tuple[str, str, int], tuple[int, int]] = {}
    for event in facts.offsets:
        value = event.value
        place = (value["group"], value["topic"], value["partition"])
        if value["offset"] > passed.get(place, (0, 0))[0]:
            passed[place] = (value["offset"], event.index)
    seen: set[tuple[str, str]] = set()
    for delivery in facts.deliveries:
        record, group = delivery.record, delivery.group
        offset, at = passed.get((group, record.topic, record.partition), (0, -1))
        if record.offset >= offset or (group, record.event_id) in seen or not owes(group, record):
            continue
        seen.add((group, record.event_id))
        tally.exercised += 1
        if not settled(facts, group, record):
            tally.breach(
                "silent-drop",
                f"{group} passed over {record.type or 'a record'} of {record.order}: neither done nor a dead letter",
                delivery.at,
                at,
                about=(record.order, group),
            )


def settled(facts: OrderFacts, group: str, record: Append) -> bool:
    """Done by the books, noted as done, or kept as a dead letter."""
    if recorded(facts, group, record.event_id) or buried(facts, group, record):
        return True
    return bool(record.type) and effective(facts, group, record)


def _cause(letter: Append) -> str:
    value = letter.value if isinstance(letter.value, dict) else {}
    return str(value.get("cause") or letter.headers.get("cause") or "")
