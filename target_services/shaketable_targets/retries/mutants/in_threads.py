"""Mistakes in the retry for threads."""

from __future__ import annotations

from collections.abc import Callable

from shaketable_targets.retries.policy import DECLARED
from shaketable_targets.retries.thread_retry import ThreadRetry


class ReturnsNothing(ThreadRetry):
    """Falls out of its loop when the attempts are used up: the caller gets None, as if that were the answer.

    EleutherAI/lm-evaluation-harness#4169.
    """

    def call(self, fn: Callable[[], object], *, idempotent: bool) -> object:
        try:
            return super().call(fn, idempotent=idempotent)
        except DECLARED:
            return None


class AsksWhetherItIsTrue(ThreadRetry):
    """Raises the last error if there is one, and asks by its truth: an exception with a length of nought is none.

    `if error: raise error`.
    """

    def call(self, fn: Callable[[], object], *, idempotent: bool) -> object:
        try:
            return super().call(fn, idempotent=idempotent)
        except DECLARED as error:
            if error:
                raise
            return None


class CatchesAll(ThreadRetry):
    """Catches BaseException: what is to end the thread is tried again.

    A bare `except:` (aponysus/redress#33 lists what must pass).
    """

    def call(self, fn: Callable[[], object], *, idempotent: bool) -> object:
        attempts = self.policy.settings.attempts
        for failed in range(1, attempts + 1):
            try:
                return super().call(fn, idempotent=idempotent)
            except Exception:
                raise
            except BaseException:
                if failed == attempts:
                    raise
            self.sleep(self.policy.wait_ms(failed) / 1000)
        return None
