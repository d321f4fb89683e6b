"""A handwritten history of the order system, one short call an event."""

from __future__ import annotations

from shaketable.checker import Checker
from shaketable.history import History
from shaketable.profile import Profile
from shaketable.verdict import Judgement, Verdict

PROFILE = Profile("test", {"batch_size": 10, "key_lease_ms": 1_000, "event_bytes_max": 512})
TOPIC_OF = {"Order": "order-events", "Payment": "payment-events", "Inventory": "inventory-events"}


class OrderHistory:
    """A history under construction: every method adds one event (or one op) and returns it."""

    def __init__(self, stock: dict[str, int] | None = None) -> None:
        self.history = History()
        self.now_ms = 0
        self._offsets: dict[str, int] = {}
        self._ids = 0
        self._rows: dict[tuple[str, str, str], dict] = {}
        self.stock = {item: [available, 0] for item, available in (stock or {"apple": 5}).items()}
        rows = [{"item": i, "available": a, "reserved": r} for i, (a, r) in self.stock.items()]
        self._add("state", "postgres", "rows", {"db": "inventory", "table": "stock", "rows": rows})

    # -- clients -----------------------------------------------------------------------------------------

    def place(self, order, key=None, *, amount=10, quantity=1, item="apple", answer="ok", result=None):
        value = {
            "order": order,
            "item": item,
            "quantity": quantity,
            "amount": amount,
            "key": key or f"k-{order}",
        }
        return self.op("place", value, answer, result or {"status": 201, "body": {"order": order}})

    def op(self, f, value, answer="ok", result=None, takes_ms=0):
        invoked = self.history.add(self.now_ms, "invoke", "client", f, value)
        self.now_ms += takes_ms
        self.history.add(self.now_ms, answer, "client", f, result, invoked)
        return self

    def wait(self, ms):
        self.now_ms += ms
        return self

    # -- databases ---------------------------------------------------------------------------------------

    def commit(self, process, db, *writes):
        return self._add("effect", process, "commit", {"db": db, "writes": [list(w) for w in writes]})

    def order_row(self, order, status="PENDING", *more, verb=None, amount=10, quantity=1, item="apple"):
        row = {"id": order, "status": status, "item": item, "quantity": quantity, "amount": amount}
        verb = verb or ("insert" if status == "PENDING" else "update")
        return self.commit("order", "order", (verb, "orders", row), *more)

    def payment(self, order, status, *more, amount=10, verb=None):
        row = {"order": order, "amount": amount, "status": status}
        verb = verb or ("update" if status == "REFUNDED" else "insert")
        return self.commit("payment", "payment", (verb, "payments", row), *more)

    def reserve(self, order, quantity=1, *more, item="apple", stock_row=True, row=True):
        self.stock[item][0] -= quantity
        self.stock[item][1] += quantity
        return self._stock_writes(order, "RESERVED", quantity, item, stock_row, row, more)

    def release(self, order, quantity=1, *more, item="apple", stock_row=True):
        self.stock[item][0] += quantity
        self.stock[item][1] -= quantity
        return self._stock_writes(order, "RELEASED", quantity, item, stock_row, True, more)

    def _stock_writes(self, order, status, quantity, item, stock_row, row, more):
        available, reserved = self.stock[item]
        stock = ("update", "stock", {"item": item, "available": available, "reserved": reserved})
        verb = "insert" if status == "RESERVED" else "update"
        kept = {"order": order, "item": item, "quantity": quantity, "status": status}
        writes = ([stock] if stock_row else []) + ([(verb, "reservations", kept)] if row else [])
        return self.commit("inventory", "inventory", *writes, *more)

    def outbox(self, number, kind, order, status="PENDING", **columns):
        """Return one write of an outbox row, for `commit`."""
        topic = next(t for prefix, t in TOPIC_OF.items() if kind.startswith(prefix))
        row = {
            "id": number,
            "event_id": f"e{number}",
            "type": kind,
            "aggregate": order,
            "topic": topic,
            "status": status,
        }
        row |= {"payload": "{}", "owner": "", "attempts": 0} | columns
        return ("insert" if status == "PENDING" else "update", "outbox", row)

    def mark(self, process, number, kind, order, status="SENT", db="order", **columns):
        return self.commit(process, db, self.outbox(number, kind, order, status, **columns))

    # -- broker and externals ----------------------------------------------------------------------------

    def append(self, kind, order, event_id, process="order", topic=None, **extra):
        topic = topic or next(t for prefix, t in TOPIC_OF.items() if kind.startswith(prefix))
        value = {"event_id": event_id, "type": kind, "order": order} | extra
        return self.record(topic, order, value, process)

    def record(self, topic, key, value, process="order"):
        offset = self._offsets.get(topic, 0)
        self._offsets[topic] = offset + 1
        given = {"topic": topic, "partition": 0, "offset": offset, "key": key, "value": value, "headers": {}}
        return self._add("effect", process, "append", given)

    def letter(self, kind, order, event_id, service="payment", cause="Timeout after 5 attempts"):
        inner = {"event_id": event_id, "type": kind, "order": order}
        value = {"type": kind, "event": inner, "cause": cause, "service": service, "order": order}
        return self.record("dead-letters", order, value, service)

    def alert(self, order, event_id, service="payment"):
        value = {
            "type": "DeadLettered",
            "event_id": event_id,
            "order": order,
            "service": service,
            "cause": "c",
        }
        return self.record("alerts", order, value, service)

    def deliver(self, topic, offset, group, process=None):
        given = {"topic": topic, "partition": 0, "offset": offset, "group": group}
        return self._add("effect", process or group, "deliver", given)

    def offsets(self, topic, offset, group):
        given = {"group": group, "topic": topic, "partition": 0, "offset": offset}
        return self._add("effect", group, "offsets", given)

    def plan(self, index, table="outbox"):
        return self._add("effect", "relay-1", "plan", {"db": "order", "table": table, "index": index})

    def poll(self, rows):
        return self._add("effect", "relay-1", "poll", {"db": "order", "table": "outbox", "rows": rows})

    def charge(self, order, amount=10):
        return self._add(
            "effect", "provider", "charge", {"order": order, "amount": amount, "key": f"c-{order}"}
        )

    def refund(self, order, amount=10):
        return self._add(
            "effect", "provider", "refund", {"order": order, "amount": amount, "key": f"r-{order}"}
        )

    def mail(self, event_id, order="o1"):
        value = {"event": event_id, "order": order, "template": "confirmed", "key": event_id}
        return self._add("effect", "mailer", "mail", value)

    # -- the end -----------------------------------------------------------------------------------------

    def busy(self):
        """The machine had no processor for the run."""
        return self._add("phase", "harness", "busy", {"late_ms": 2_000})

    def quiet(self, quiet=True):
        self._add("phase", "harness", "heal", None)
        self._add("phase", "harness", "liveness", None)
        return self._add("phase", "harness", "quiet", {"quiet": quiet})

    def _add(self, kind, process, name, value):
        self.history.add(self.now_ms, kind, process, name, value)
        return self

    def judged(self, checker: Checker, profile: Profile = PROFILE) -> Judgement:
        return checker.check(self.history, profile)[0]


def anomalies(run: OrderHistory, checker: Checker) -> list[str]:
    return [finding.anomaly for finding in run.judged(checker).findings]


def witness(run: OrderHistory, checker: Checker) -> list[str]:
    """Return the witness of the first finding as the names of its events."""
    finding = run.judged(checker).findings[0]
    return [run.history[index].name for index in finding.witness]


def is_certified(run: OrderHistory, checker: Checker) -> bool:
    return run.judged(checker).verdict is Verdict.CERTIFIED


def is_unknown(run: OrderHistory, checker: Checker) -> bool:
    return run.judged(checker).verdict is Verdict.UNKNOWN
