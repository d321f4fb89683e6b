"""The knobs of the order system, each declared by every family."""

from __future__ import annotations

from shaketable.profile import Knob, Profile
from shaketable_targets.order_system.config import Config

SAGA_CONFIG = Config()
IO_TIMEOUT_MS = 4_000
"""Longer than one poll: a message that is merely late is not lost, and the sender waits for it."""
OUTBOX_CONFIG = Config(batch_size=3)
"""A small batch, so that a handful of orders shows whether it is respected."""
CONSUMER_CONFIG = Config()


def profile(name: str, config: Config, **knobs: Knob) -> Profile:
    """Return the profile of one family: the configuration's figures, and the choices that the specification names.

    `style`: choreography, orchestration (the state on the stack), orchestration-by-lease (in a log, one driver at a time) or
    orchestration-by-topic (in a log, moved on by answers).
    `relay`: how event rows are taken: skip-locked, fenced-lock, lock-at-most-for, listen-notify (woken, and skip-locked), log (read
    from the database's log: no row is marked or claimed, and a tick reads whole transactions), or none.
    `compensate_failed_step`: true if a step that says it failed is undone itself, like those before it.
    `after_failing_compensation`: go-on if a saga ends although its refund is a dead letter, else stop.
    `in_progress`: wait, or the status that a repetition is refused with while its key is in work.
    `stored_statuses`: the answers that are kept under a key, such as "201" or "201,409".
    `key_retention`: for-ever, or milliseconds after which a finished key may be forgotten.
    `key_scope`: order if a key that comes with another order is another key, else service.

    Raises ValueError for a knob that is none of these.
    """
    declared: dict[str, Knob] = {
        "poll_interval_ms": config.poll_interval_ms,
        "batch_size": config.batch_size,
        "lock_at_most_for_ms": config.lock_at_most_for_ms,
        "provider_timeout_ms": config.provider_timeout_ms,
        "retry_backoff_ms": config.retry_backoff_ms,
        "retry_backoff_ms_max": config.retry_backoff_ms_max,
        "attempts_max": config.attempts_max,
        "poison_attempts_max": config.poison_attempts_max,
        "event_bytes_max": config.event_bytes_max,
        "key_lease_ms": config.key_lease_ms,
        "io_timeout_ms": IO_TIMEOUT_MS,
        "style": "choreography",
        "compensate_failed_step": False,
        "after_failing_compensation": "stop",
        "relay": "skip-locked",
        "poison_policy": "dead-letter",
        "in_progress": "wait",
        "stored_statuses": "201",
        "key_retention": "for-ever",
        "key_scope": "service",
    }
    unknown = sorted(set(knobs) - set(declared))
    if unknown:
        raise ValueError(f"no such knob: {', '.join(unknown)}")
    return Profile(name, declared | knobs)


SAGA = profile("order-saga", SAGA_CONFIG)
ORCHESTRATED = profile("order-saga-orchestrated", SAGA_CONFIG, style="orchestration")
BY_LEASE = profile("order-orchestration-by-lease", SAGA_CONFIG, style="orchestration-by-lease")
BY_TOPIC = profile("order-orchestration-by-topic", SAGA_CONFIG, style="orchestration-by-topic")
COMPENSATING = profile(
    "order-saga-compensating", SAGA_CONFIG, style="orchestration", compensate_failed_step=True
)
OUTBOX = profile("order-outbox", OUTBOX_CONFIG, relay="fenced-lock")
OUTBOX_SKIP_LOCKED = profile("order-outbox-skip-locked", OUTBOX_CONFIG)
OUTBOX_WOKEN = profile("order-outbox-woken", OUTBOX_CONFIG, relay="listen-notify")
OUTBOX_LOG = profile("order-outbox-log", OUTBOX_CONFIG, relay="log")
OUTBOX_AS_LISTED = profile("order-outbox-as-listed", OUTBOX_CONFIG, relay="lock-at-most-for")
DUAL_WRITE = profile("order-dual-write", OUTBOX_CONFIG, relay="none")
CONSUMER = profile("order-consumer", CONSUMER_CONFIG, in_progress="409")
DEAD_LETTERS = profile("order-dead-letters", CONSUMER_CONFIG)
