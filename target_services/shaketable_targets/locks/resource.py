"""What the lock guards: it takes writes, each with the fencing token of its writer, and refuses one that is late."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Resource:
    """Keeps the highest token that it has seen; a write with a lower one comes from a holder that was paused too long."""

    token: int = 0
    writer: str = ""
    """The holder whose write it took last."""
    writes: int = 0

    def write(self, token: int, writer: str) -> bool:
        """Take a write, or refuse it and return False."""
        if token < self.token:
            return False
        self.token = token
        return self._take(writer)

    def shown(self) -> dict[str, object]:
        """Return who wrote last, and how many writes it took."""
        return {"writer": self.writer, "writes": self.writes}

    def _take(self, writer: str) -> bool:
        self.writer = writer
        self.writes += 1
        return True


class TrustingResource(Resource):
    """Knows of no tokens: whatever arrives is written."""

    def write(self, token: int, writer: str) -> bool:
        """Take a write."""
        return self._take(writer)
