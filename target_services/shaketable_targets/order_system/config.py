"""Every interval and limit of the order system, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one service. The defaults are the pattern document's where it names one (3 s poll, 10 s lock)."""

    poll_interval_ms: int = 3_000
    batch_size: int = 10
    """A relay's tick reads at most this many rows (OB-8)."""
    lock_at_most_for_ms: int = 10_000
    provider_timeout_ms: int = 2_000
    """For one request to the payment provider or the mail gateway."""
    retry_backoff_ms: int = 200
    """The first pause after a failed attempt; it doubles up to `retry_backoff_ms_max`."""
    retry_backoff_ms_max: int = 2_000
    attempts_max: int = 5
    """Attempts at one event before it becomes a dead letter."""
    poison_attempts_max: int = 3
    """Attempts at publishing a row that the broker can never take."""
    event_bytes_max: int = 512
    """The broker's limit for one message."""
    key_lease_ms: int = 1_000
    """An idempotency key belongs to the request that claimed it for this long, if that does not end."""

    def backoff_ms(self, attempt: int) -> int:
        """Return the pause after the `attempt`-th failure (from 1)."""
        return min(self.retry_backoff_ms << (attempt - 1), self.retry_backoff_ms_max)
