"""The reading: one pass over a history that fills the facts. Linear, a few microseconds an event."""

from __future__ import annotations

from shaketable.checkers.conservation import Movement
from shaketable.checkers.convergence import Phases
from shaketable.history import COMPLETIONS, Event, History, Json
from shaketable_patterns.order_facts.facts import OrderFacts, bare
from shaketable_patterns.order_facts.flow import EVENT_OF
from shaketable_patterns.order_facts.records import ALERTS, DEAD_LETTERS, Append, Change, Delivery, OutboxRow

_KEYS = {
    "orders": "id",
    "outbox": "event_id",
    "payments": "order",
    "stock": "item",
    "reservations": "order",
    "processed": "event_id",
    "inbox": "event_id",
    "idempotency": "key",
    "dead_letters": "event_id",
    "relay_lock": "name",
}
_PLACING = ("place", "place_again", "poison")
_EMPTY: dict[str, Json] = {}


class Reader:
    """One reading in progress."""

    __slots__ = ("_latest", "_records", "_rows", "facts")

    def __init__(self) -> None:
        self.facts = OrderFacts(_KEYS)
        self._rows: dict[tuple[str, str], dict[Json, Change]] = {}
        """By database and table: a key that also named them would have to be built for every row."""
        self._records: dict[tuple[str, int, int], Append] = {}
        self._latest: dict[tuple[str, str], tuple[int, int]] = {}

    def read(self, history: History) -> OrderFacts:
        """Take every event in order and return the facts."""
        facts = self.facts
        facts.events = history.events
        effects = {
            "commit": self._commit,
            "append": self._append,
            "deliver": self._deliver,
            "offsets": facts.offsets.append,
            "charge": self._charge,
            "refund": self._refund,
            "mail": self._mail,
            "poll": facts.polls.append,
        }
        kinds = {
            "invoke": self._invoke,
            "phase": self._phase,
            "state": self._state,
            "fault": facts.faults.append,
        }
        returned = facts.returned
        for event in history.events:
            kind = event.kind
            if kind == "effect":
                read = effects.get(event.name)
            elif kind in COMPLETIONS:
                returned.setdefault(event.ref, event)
                continue
            else:
                read = kinds.get(kind)
            if read is not None:
                read(event)
        return facts

    def _invoke(self, event: Event) -> None:
        self.facts.invoked.append(event)
        value = event.value
        if type(value) is dict and event.name in _PLACING and "order" in value:
            self.facts.order(value["order"]).placed.append(event)

    def _phase(self, event: Event) -> None:
        if event.name == "liveness":
            self.facts.phases = Phases(event.index, self.facts.phases.quiet)
        elif event.name == "quiet":
            self.facts.phases = Phases(
                self.facts.phases.liveness, bool(event.value and event.value.get("quiet"))
            )

    def _state(self, event: Event) -> None:
        value = event.value
        if event.name != "rows" or type(value) is not dict:
            return
        db, table = value["db"], value["table"]
        key_column = _KEYS.get(table, "id")
        rows = self._rows.setdefault((db, table), {})
        for row in value["rows"]:
            if table == "stock":
                self.facts.initial_stock[row["item"]] = (row.get("available", 0), row.get("reserved", 0))
            rows[row.get(key_column)] = Change(
                event.index, event.process, db, "insert", table, row, None, -1, str(row.get("status", "")), ""
            )

    def _commit(self, event: Event) -> None:
        at, process, db = event.index, event.process, event.value["db"]
        number = len(self.facts.commits)
        commit: list[Change] = []
        for verb, table, row in event.value["writes"]:
            column = _KEYS.get(table)
            key = row.get(column) if column else row.get("id", row.get("name"))
            place = (db, table)
            rows = self._rows.get(place)
            if rows is None:
                rows = self._rows[place] = {}
            before = rows.get(key)
            status = "DELETED" if verb == "delete" else row.get("status") or ""
            status_before = "" if before is None else before.status
            change = Change(at, process, db, verb, table, row, before, number, status, status_before)
            rows[key] = change
            commit.append(change)
            self.facts.kept.add(place)
            if column is not None:
                self.facts.tables[table].append(change)
                self._sort(table, change)
        self.facts.commits.append(tuple(commit))

    def _sort(self, table: str, change: Change) -> None:
        row = change.row
        event = EVENT_OF.get((table, change.status))
        if event is not None and (change.verb == "insert" or change.status != change.status_before):
            self.facts.decisions.append((change, event))
        if table == "outbox":
            key = str(row.get("event_id"))
            known = self.facts.outbox.get(key)
            if known is None:
                new = self.facts.outbox[key] = OutboxRow(key, change)
                if not new.is_letter:
                    self.facts.decided.setdefault((new.type, new.aggregate), change.at)
            else:
                known.changes.append(change)
        elif table == "orders":
            self.facts.order(row.get("id")).changes.append(change)
        elif table == "payments":
            self.facts.order(row.get("order")).payments.append(change)
        elif table == "reservations":
            self._reserve(change)
        elif table == "inbox" or table == "processed":
            if change.verb != "delete":
                self.facts.handled.setdefault((change.db, str(row.get("event_id"))), change)
        elif table == "dead_letters":
            letter = (str(row.get("event_id")), change.db)
            self.facts.order(row.get("aggregate")).letters[letter] = change.status

    def _reserve(self, change: Change) -> None:
        story = self.facts.order(change.row.get("order"))
        story.reservations.append(change)
        quantity = change.row.get("quantity", 0)
        before = change.before
        holding = change.status == "RESERVED"
        held = before is not None and before.status == "RESERVED" and change.verb != "insert"
        if holding and not held:
            story.reserved.append(Movement(change.at, quantity))
        elif held and not holding:
            story.reserved.append(Movement(change.at, -quantity))

    def _append(self, event: Event) -> None:
        given = event.value
        value = given.get("value")
        headers = given.get("headers") or _EMPTY
        body = value if type(value) is dict else _EMPTY
        topic, key = given["topic"], str(given["key"])
        inner = body.get("event")
        if type(inner) is dict:  # a dead letter is filed under the event it is about
            body = body | inner
        partition, offset = given["partition"], given["offset"]
        record = Append(
            event.index,
            event.process,
            topic,
            partition,
            offset,
            key,
            str(body.get("event_id") or headers.get("event_id") or f"{topic}/{partition}/{offset}"),
            str(body.get("type", "")),
            str(body.get("order") or key),
            value,
            headers,
        )
        self._records[topic, partition, offset] = record
        self.facts.published.setdefault((topic, bare(record.event_id)), record)
        story = self.facts.order(record.order)
        if topic == DEAD_LETTERS:
            self.facts.dead.append(record)
            story.dead.append(record)
            story.letters.setdefault((record.event_id, str(body.get("service", ""))), "OPEN")
        elif topic == ALERTS:
            self.facts.alerts.append(record)
            story.alerts.append(record)
        else:
            self.facts.appends.append(record)
            story.appends.append(record)

    def _deliver(self, event: Event) -> None:
        value = event.value
        record = self._records.get((value["topic"], value["partition"], value["offset"]))
        if record is None:
            return
        group = value["group"]
        delivery = Delivery(event.index, event.process, group, record)
        self.facts.deliveries.append(delivery)
        # A delivery disturbs its order when the group has seen this event, or a later one of the order.
        first = self.facts.firsts.setdefault((group, record.event_id), delivery).at
        latest = self._latest.get((group, record.order))
        if first != event.index:
            self.facts.repeated.append(delivery)
            self.facts.order(record.order).reordered.append((delivery, first))
        elif latest is not None and latest[0] > record.at:
            self.facts.order(record.order).reordered.append((delivery, latest[1]))
        else:
            self._latest[group, record.order] = (record.at, event.index)

    def _charge(self, event: Event) -> None:
        story = self.facts.order(event.value["order"])
        story.charges.append(event)
        story.money.append(Movement(event.index, event.value["amount"]))

    def _refund(self, event: Event) -> None:
        story = self.facts.order(event.value["order"])
        story.refunds.append(event)
        story.money.append(Movement(event.index, -event.value["amount"]))

    def _mail(self, event: Event) -> None:
        self.facts.mails.setdefault(str(event.value.get("event", "")), []).append(event)


def read(history: History) -> OrderFacts:
    """Read the facts out of `history`; ask through `history.view(read)`, which reads once."""
    return Reader().read(history)
