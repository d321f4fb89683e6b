"""A retry for threads."""

from __future__ import annotations

from collections.abc import Callable

from shaketable_targets.retries.policy import DECLARED, Policy


class ThreadRetry:
    """Runs a function until it succeeds, or the policy gives up: then what it ended with last is what the caller gets."""

    def __init__(self, policy: Policy, sleep: Callable[[float], None]) -> None:
        self.policy = policy
        self.sleep = sleep

    def call(self, fn: Callable[[], object], *, idempotent: bool) -> object:
        """Return what `fn` returns, or raise what it raised last."""
        policy = self.policy
        started_ms, failed = policy.now_ms(), 0
        while True:
            try:
                result = fn()
            except DECLARED as error:
                failed += 1
                wait_ms = policy.next_wait_ms(failed, started_ms, error, idempotent)
                if wait_ms is None:
                    raise
            else:
                if result is not None or not policy.settings.repeats_none:
                    return result
                failed += 1
                wait_ms = policy.next_wait_ms(failed, started_ms, None, idempotent)
                if wait_ms is None:
                    return None
            self.sleep(wait_ms / 1000)
