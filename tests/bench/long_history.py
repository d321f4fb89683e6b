"""How long it takes, and how much memory, to judge a history of 100,000 ops: a process of its own, so its peak is its own.

Called as a module it builds the history, judges it with every checker of the order system and prints two numbers.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from harness.checker import judge
from harness.history import History
from properties.dead_letters import checkers as dead_letters
from properties.idempotency import checkers as idempotency
from properties.order_system.profile import SAGA
from properties.outbox import checkers as outbox
from properties.saga import checkers as saga
from tests.bench.figure import Figure

OPS = 100_000
SECONDS_WANTED, MB_WANTED = 5, 500
CHECKERS = (*saga.CHECKERS, *outbox.CHECKERS, *idempotency.CHECKERS, *dead_letters.CHECKERS)


def history_of(ops: int) -> History:
    """Each order placed twice with its key, charged and confirmed once; every op completed."""
    history = History()
    for number in range(ops // 2):
        _order(history, number)
        _place(history, number, "place_again")
    at = history.events[-1].time_ms + 1
    for phase in ("safety", "heal", "liveness"):
        history.add(at, "phase", "harness", phase)
    history.add(at, "phase", "harness", "quiet", {"quiet": True})
    return history


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


def figures() -> list[Figure]:
    done = subprocess.run([sys.executable, "-m", __name__], check=True, capture_output=True, text=True)
    events, seconds, peak_mb = (float(word) for word in done.stdout.split())
    note = f"({events:,.0f} events)"
    return [
        Figure(f"a history of {OPS:,} ops judged in seconds", seconds, note, at_most=SECONDS_WANTED),
        Figure(f"a history of {OPS:,} ops judged in MB", peak_mb, at_most=MB_WANTED),
    ]


def _measure() -> None:
    history = history_of(OPS)
    started = time.process_time()
    judged = judge(CHECKERS, history, SAGA)
    took_s = time.process_time() - started
    failed = [j.unknown for j in judged if "the checker failed" in j.unknown]
    if failed:
        raise AssertionError(failed[0])
    print(len(history), took_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    _measure()
