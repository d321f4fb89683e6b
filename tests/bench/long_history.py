"""How long it takes, and how much memory, to judge a long history: a process of its own, so its peak is its own.

Called as a module with the name of a workload it builds the history, judges it with every checker of the order
system and prints its figures. `ops` is 100,000 operations with little else; `orders` is as many orders with
everything that the oracles see of them, nine events each: such a history is itself larger than what judging it takes.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from shaketable.checker import Checker, judge
from shaketable.history import History
from shaketable_patterns.catalogue import order_subjects
from shaketable_patterns.order_system.profile import SAGA
from tests.bench.figure import Figure

OPS = 100_000
SECONDS_WANTED, MB_WANTED = 5, 500
ORDERS_SECONDS_WANTED = 15
FAMILIES = ("order-saga", "order-outbox", "order-consumer", "order-dead-letters")


def checkers() -> list[Checker]:
    """One checker for each promise of the four patterns: the saga's, then what the other families claim beyond it."""
    subjects = {subject.name: subject for subject in order_subjects()}
    found: list[Checker] = []
    seen: set[str] = set()
    for family in FAMILIES:
        for checker in subjects[f"{family}/hardened"].pattern.checkers:
            promises = {promise.id for promise in checker.promises}
            if not promises <= seen:
                found.append(checker)
                seen |= promises
    return found


def history_of(ops: int) -> History:
    """Each order placed twice with its key, charged and confirmed once; every op completed."""
    history = History()
    for number in range(ops // 2):
        _order(history, number)
        _place(history, number, "place_again")
    return _ended(history)


def _ended(history: History) -> History:
    at = history.events[-1].time_ms + 1
    for phase in ("safety", "heal", "liveness"):
        history.add(at, "phase", "harness", phase)
    history.add(at, "phase", "harness", "quiet", {"quiet": True})
    return history


def whole_orders(orders: int) -> History:
    """Each order placed, announced, charged, reserved, paid and confirmed."""
    history = History()
    shelf = {"item": "apple", "available": orders, "reserved": 0}
    history.add(0, "state", "postgres", "rows", {"db": "inventory", "table": "stock", "rows": [shelf]})
    for number in range(orders):
        _whole_order(history, number, orders)
    return _ended(history)


def _whole_order(history: History, number: int, orders: int) -> None:
    order, at = f"o{number}", number
    row = {"id": order, "item": "apple", "quantity": 1, "amount": 10, "status": "PENDING"}
    event = {"event_id": f"e{number}", "type": "OrderCreated", "order": order}
    outbox = {"id": number, "event_id": f"e{number}", "type": "OrderCreated", "aggregate": order}
    outbox |= {"topic": "order-events", "status": "PENDING", "payload": "{}", "owner": "", "attempts": 0}
    place = {"topic": "order-events", "partition": 0, "offset": number, "key": order}
    shelf = {"item": "apple", "available": orders - number - 1, "reserved": number + 1}
    kept = {"order": order, "item": "apple", "quantity": 1, "status": "RESERVED"}
    payment = {"order": order, "amount": 10, "status": "CHARGED"}
    invoked = _invoke(history, number, "place")
    _commit(history, at, "order", ["insert", "orders", row], ["insert", "outbox", outbox])
    _complete(history, number, "place", invoked)
    history.add(at, "effect", "order", "append", place | {"value": event, "headers": {}})
    _commit(history, at, "order", ["update", "outbox", outbox | {"status": "SENT"}])
    history.add(at, "effect", "provider", "charge", {"order": order, "amount": 10, "key": f"charge-{order}"})
    _commit(history, at, "inventory", ["update", "stock", shelf], ["insert", "reservations", kept])
    _commit(history, at, "payment", ["insert", "payments", payment])
    _commit(history, at, "order", ["update", "orders", row | {"status": "CONFIRMED"}])


def _commit(history: History, at: int, service: str, *writes: list[object]) -> None:
    history.add(at, "effect", service, "commit", {"db": service, "writes": list(writes)})


def _order(history: History, number: int) -> None:
    order, at = f"o{number}", number
    row = {"id": order, "item": "apple", "quantity": 1, "amount": 10, "status": "PENDING"}
    invoked = _invoke(history, number, "place")
    history.add(at, "effect", "order", "commit", {"db": "order", "writes": [["insert", "orders", row]]})
    _complete(history, number, "place", invoked)
    history.add(at, "effect", "provider", "charge", {"order": order, "amount": 10, "key": f"charge-{order}"})
    done = row | {"status": "CONFIRMED"}
    history.add(at, "effect", "order", "commit", {"db": "order", "writes": [["update", "orders", done]]})


def _place(history: History, number: int, name: str) -> None:
    _complete(history, number, name, _invoke(history, number, name))


def _invoke(history: History, number: int, name: str) -> int:
    value = {"order": f"o{number}", "item": "apple", "quantity": 1, "amount": 10, "key": f"k{number}"}
    return history.add(number, "invoke", "client", name, value)


def _complete(history: History, number: int, name: str, invoked: int) -> None:
    body = {"order": f"o{number}", "status": "PENDING"}
    history.add(number, "ok", "client", name, {"status": 201, "body": body}, invoked)


WORKLOADS = {"ops": history_of, "orders": whole_orders}


def figures() -> list[Figure]:
    events, seconds, peak_mb, _ = _measured("ops")
    order_events, order_seconds, order_peak_mb, history_mb = _measured("orders")
    own = f"(and {history_mb:,.0f} for the history itself)"
    return [
        Figure(f"a history of {OPS:,} ops judged in seconds", seconds, _of(events), at_most=SECONDS_WANTED),
        Figure(f"a history of {OPS:,} ops judged in MB", peak_mb, at_most=MB_WANTED),
        Figure(
            f"a history of {OPS:,} whole orders judged in seconds",
            order_seconds,
            _of(order_events),
            at_most=ORDERS_SECONDS_WANTED,
        ),
        Figure("what judging them takes in MB", order_peak_mb - history_mb, own, at_most=MB_WANTED),
    ]


def _of(events: float) -> str:
    return f"({events:,.0f} events)"


def _measured(workload: str) -> tuple[float, ...]:
    """Events, seconds, the peak in MB, and the peak before judging began."""
    command = [sys.executable, "-m", __name__, workload]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return tuple(float(word) for word in done.stdout.split())


def _measure(workload: str) -> None:
    history = WORKLOADS[workload](OPS)
    history_mb = _peak_mb()
    judging = checkers()
    started = time.process_time()
    judged = judge(judging, history, SAGA)
    took_s = time.process_time() - started
    failed = [j.unknown for j in judged if "the checker failed" in j.unknown]
    if failed:
        raise AssertionError(failed[0])
    print(len(history), took_s, _peak_mb(), history_mb)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    _measure(sys.argv[1])
