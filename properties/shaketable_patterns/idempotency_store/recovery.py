"""The steps of the recovery: all leases pass, and each key is used twice, with the same payload."""

from __future__ import annotations

from shaketable.components.interface.interface import RECOVERY_FIRST
from shaketable.schedule import Do, Step, Wait
from shaketable_patterns.idempotency_store.profile import TOLERANCE_MS, Knobs

KEYS, PAYLOADS, WORKERS = ("k1", "k2"), ("p", "q"), ("a", "b")


def recovery_of(knobs: Knobs) -> tuple[Step, ...]:
    """Return the steps of patient callers once everything has healed."""
    steps: list[Step] = [Wait(knobs.lease_ms + knobs.grace_ms + 2 * TOLERANCE_MS + 1)]
    number = RECOVERY_FIRST
    for key in KEYS:
        for worker in WORKERS:
            steps += (started(number, worker, key, PAYLOADS[0]), Do("finish", {"call": number, "with": "ok"}))
            number += 1
    return tuple(steps)


def started(number: int, worker: str, key: str, payload: str) -> Do:
    """Return the step by which a worker asks for a key."""
    return Do("start", {"call": number, "worker": worker, "key": key, "payload": payload})
