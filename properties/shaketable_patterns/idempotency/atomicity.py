"""ID-6: effect and record commit together, and nothing is marked processed without its effect."""

from __future__ import annotations

from shaketable_patterns.idempotency.keys import STORED_STATUSES, stored_refusal, stored_statuses
from shaketable_patterns.order_facts import Change, OrderFacts, Tally
from shaketable_patterns.order_facts.flow import MAILED, effective, owes


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Judge inboxes against the changes they stand for, keys against orders, processed marks against mails."""
    inboxes = {db for db, table in facts.kept if table == "inbox"}
    for change, event in facts.decisions:
        if event != "OrderCreated" and change.db in inboxes:
            tally.exercised += 1
            noted = any(other.table == "inbox" for other in facts.commits[change.commit])
            if not noted and _asked_for(facts, change):
                tally.breach(
                    "effect-without-record",
                    f"{change.text} committed without noting which event asked for it",
                    change.at,
                )
    _keys(facts, tally)
    _marks(facts, tally)
    if not facts.unsettled:
        _mails(facts, tally)
        _inbox_effects(facts, tally)


def _asked_for(facts: OrderFacts, change: Change) -> bool:
    """Tell whether an event can have caused it: what a service decides by itself, after a timeout say, notes none."""
    order = str(change.row.get("id") if change.table == "orders" else change.row.get("order"))
    return any(
        d.group == change.db and d.at < change.at and d.record.order == order and owes(d.group, d.record)
        for d in facts.deliveries
    )


def _keys(facts: OrderFacts, tally: Tally) -> None:
    """Judge the API: an order and the record of its key are one commit, in both directions."""
    if ("order", "idempotency") not in facts.kept:
        return
    for change in facts.tables["orders"]:
        if change.verb == "insert":
            tally.exercised += 1
            if not any(other.table == "idempotency" for other in facts.commits[change.commit]):
                tally.breach(
                    "effect-without-record",
                    f"{change.row.get('id')} was created without noting under which key",
                    change.at,
                )
    for change in facts.tables["idempotency"]:
        if change.status != "DONE" or change.status_before == "DONE":
            continue
        if not any(other.table == "orders" for other in facts.commits[change.commit]):
            _record_without_effect(change, tally)


def _record_without_effect(done: Change, tally: Tally) -> None:
    """Judge a record that is done without its order: right for a refusal, if refusals are kept at all."""
    status, kept = stored_refusal(done), stored_statuses(tally.profile)
    key = done.row.get("key")
    if status is None:
        tally.breach("record-without-effect", f"key {key} was noted as done without its order", done.at)
    elif kept is not None and status not in kept:
        tally.breach(
            "record-without-effect",
            f"a {status} was kept under key {key}, which stays refused; only {tally.profile.knobs[STORED_STATUSES]} is kept",
            done.at,
            off_profile=f"{STORED_STATUSES}={tally.profile.knobs[STORED_STATUSES]},{status}",
        )


def _marks(facts: OrderFacts, tally: Tally) -> None:
    types = {record.event_id: record.type for record in facts.appends}
    for (_, event_id), mark in facts.handled.items():
        if mark.table != "processed" or types.get(event_id) not in MAILED:
            continue
        tally.exercised += 1
        mails = facts.mails.get(event_id, ())
        if not mails or mails[0].index > mark.at:
            late = mails[0].index if mails else -1
            tally.breach(
                "record-without-effect",
                f"event {event_id} was marked processed before its mail",
                mark.at,
                late,
            )


def _mails(facts: OrderFacts, tally: Tally) -> None:
    for event_id, mails in facts.mails.items():
        tally.exercised += 1
        order = str(mails[0].value.get("order", ""))
        if ("notification", event_id) in facts.handled or (event_id, "notification") in facts.order(
            order
        ).letters:
            continue
        tally.breach(
            "effect-without-record",
            f"event {event_id} of {order} was mailed and never marked processed",
            mails[0].index,
        )


def _inbox_effects(facts: OrderFacts, tally: Tally) -> None:
    """Find what an inbox calls done and is not there, once all is quiet."""
    for record in facts.published.values():
        for group in ("payment", "inventory", "order"):
            done = facts.handled.get((group, record.event_id))
            if done is not None and owes(group, record) and not effective(facts, group, record):
                tally.breach(
                    "record-without-effect",
                    f"{group} noted {record.type} of {record.order} as done, and nothing came of it",
                    record.at,
                    done.at,
                )
