"""The breaker of one route: closed to all after failures in a row, and open again once a probe has found an instance well."""

from __future__ import annotations


class RouteBreaker:
    """Counts failures in a row. No request of a client's is the trial: probes are."""

    __slots__ = ("_failures", "_failures_max")

    def __init__(self, failures_max: int) -> None:
        self._failures = 0
        self._failures_max = failures_max

    @property
    def refuses(self) -> bool:
        """Whether requests are refused at once."""
        return self._failures >= self._failures_max

    def failed(self) -> None:
        self._failures += 1

    def succeeded(self) -> None:
        self._failures = 0
