"""What both bulkheads have in common: their limits, and the error of a call that they reject."""

from __future__ import annotations

from dataclasses import dataclass


class BulkheadFull(Exception):
    """The bulkhead rejected the call: the protected function did not run."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`permits` calls run at once; another waits up to `max_wait_ms` for a permit, or is rejected at once if that is 0."""

    permits: int = 3
    max_wait_ms: int = 0
