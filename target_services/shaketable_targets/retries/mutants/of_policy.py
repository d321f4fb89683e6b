"""Mistakes in the policy."""

from __future__ import annotations

from shaketable_targets.retries.policy import Clock, Policy, Settings


class TriesOnceMore(Policy):
    """Takes the attempts for retries: the first one is not counted.

    temporalio/temporal#4732, cenkalti/backoff#54.
    """

    def next_wait_ms(
        self, failed: int, started_ms: int, error: Exception | None, idempotent: bool
    ) -> int | None:
        return super().next_wait_ms(max(1, failed - 1), started_ms, error, idempotent)


class SharesItsCount(Policy):
    """Counts the failures of all calls together, so that one call uses up the attempts of the others.

    JustinBeckwith/retry-axios#61; apache/cxf#3143.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        super().__init__(clock, settings)
        self._failed = 0

    def next_wait_ms(
        self, failed: int, started_ms: int, error: Exception | None, idempotent: bool
    ) -> int | None:
        self._failed += 1
        wait_ms = super().next_wait_ms(self._failed, started_ms, error, idempotent)
        if wait_ms is None:
            self._failed = 0
        return wait_ms


class AddsBeyondTheLongest(Policy):
    """Caps the wait first and adds its random part then: it waits for up to half as long again.

    openai/openai-agents-python#2676, agenda/agenda#1748.
    """

    def wait_ms(self, failed: int) -> int:
        longest_ms = min(self.settings.wait_max_ms, self.settings.wait_ms << (failed - 1))
        return longest_ms + round(self.fraction() * longest_ms / 2)


class GoesOnAtOnce(Policy):
    """Takes the wait times the retries before: the first retry comes at once, on what has just failed.

    A factor that begins at nought.
    """

    def wait_ms(self, failed: int) -> int:
        return super().wait_ms(failed) if failed > 1 else 0


class ForgetsTheWait(Policy):
    """Asks whether the budget is over, and not whether it will be behind the wait: the next attempt starts too late.

    ihrwein/backoff#42.
    """

    def next_wait_ms(
        self, failed: int, started_ms: int, error: Exception | None, idempotent: bool
    ) -> int | None:
        if self.now_ms() > started_ms + self.settings.budget_ms:
            return None
        return super().next_wait_ms(failed, self.now_ms(), error, idempotent)


class GoesByTheWallClock(Policy):
    """Measures its budget by the time of the day: a clock that is set back keeps it trying.

    datetime.now() where a monotonic clock is meant.
    """

    def now_ms(self) -> int:
        return round(self.clock.time_s() * 1_000)


class RepeatsTheUnknown(Policy):
    """Sends a request again that got no answer, whatever it does: the charge that was made is made once more.

    mollie/mollie-api-python#325.
    """

    def may_repeat(self, error: Exception | None, idempotent: bool) -> bool:
        return True
