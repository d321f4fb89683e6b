"""The records of a shared store, each command one atomic step of it, by its own time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from shaketable_targets.idempotency_stores.settings import Clock, OtherPayload, Points, Settings

T = TypeVar("T")
NEVER_MS = 2**53


@dataclass(frozen=True)
class Record:
    """What is known of a key: who has it with which payload until when, and its outcome once it is done."""

    owner: int
    payload: str
    until_ms: int
    is_done: bool = False
    outcome: Any = None


@dataclass
class Kept:
    """What the server keeps."""

    records: dict[str, Record] = field(default_factory=dict)
    owners: int = 0


class Records:
    """The commands; `kept` outlives the process that sends them."""

    def __init__(self, points: Points, clock: Clock, settings: Settings) -> None:
        self.kept: Kept = points.durable("records", Kept)
        self.clock = clock
        self.settings = settings

    def found(self, key: str) -> Record | None:
        """Return the record of a key, None if there is none or its time is over."""
        record = self.kept.records.get(key)
        return record if record is not None and record.until_ms > self.clock.now_ms() else None

    def put(self, key: str, record: Record) -> Record:
        self.kept.records[key] = record
        return record

    def begin(self, key: str, payload: str) -> tuple[Record, bool]:
        """Return the record of a key, and whether it is new and the caller's own. Raises OtherPayload if it was used with another."""
        if (record := self.found(key)) is not None:
            if record.payload != payload:
                raise OtherPayload
            return record, False
        return self.put(key, self.owned(payload)), True

    def owned(self, payload: str) -> Record:
        """Return a record of an owner that no one was before."""
        self.kept.owners += 1
        return Record(self.kept.owners, payload, self.clock.now_ms() + self.settings.lease_ms)

    def has(self, key: str, owner: int) -> bool:
        """Tell whether the key is in progress by this owner."""
        record = self.found(key)
        return record is not None and record.owner == owner and not record.is_done

    def complete(self, key: str, record: Record, outcome: Any) -> bool:
        """Keep an outcome for the retention, if the key is its owner's still."""
        if not self.has(key, record.owner):
            return False
        until_ms = self.clock.now_ms() + self.settings.retention_ms
        self.put(key, replace(record, is_done=True, outcome=outcome, until_ms=until_ms))
        return True

    def release(self, key: str, record: Record) -> bool:
        """Forget a key that is in progress, if it is its owner's still."""
        if not self.has(key, record.owner):
            return False
        del self.kept.records[key]
        return True

    def renew(self, key: str, record: Record) -> bool:
        """Let the key be in progress for a full lease from now on, if it is its owner's still."""
        if not self.has(key, record.owner):
            return False
        self.put(key, replace(record, until_ms=self.clock.now_ms() + self.settings.lease_ms))
        return True


def send(points: Points, command: Callable[[], T]) -> T:
    """Send one command and return its answer. ConnectionError and TimeoutError leave open whether it was executed."""
    points.reach("records.request")
    answer = command()
    points.reach("records.reply")
    return answer


async def send_async(points: Points, command: Callable[[], T]) -> T:
    """Send one command as `send` does, and wait for its answer."""
    await points.reach("records.request")
    answer = command()
    await points.reach("records.reply")
    return answer
