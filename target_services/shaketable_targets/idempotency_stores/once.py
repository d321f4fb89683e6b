"""Work that is done once for each key, for threads: the record is begun before the work and completed after it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from shaketable_targets.idempotency_stores.records import Record, Records, send
from shaketable_targets.idempotency_stores.settings import InProgress, Lost, OtherPayload, Points

T = TypeVar("T")
REFUSALS = (InProgress, OtherPayload)


class Once:
    """One worker; all workers share the records."""

    def __init__(self, records: Records, points: Points) -> None:
        self.records = records
        self.points = points

    def call(self, fn: Callable[[], Any], key: str, payload: str) -> Any:
        """Execute `fn` if the key is new, else return its outcome.

        Raises InProgress while another works on it, OtherPayload if it was used with another one, and Lost if it became another's
        meanwhile.
        """
        record, is_new = self.begin(key, payload)
        if not is_new:
            return self.outcome(record)
        try:
            result = fn()
        except BaseException:
            with suppress(ConnectionError, TimeoutError):
                self.release(key, record)
            raise
        if not self.complete(key, record, result):
            raise Lost
        return result

    def begin(self, key: str, payload: str) -> tuple[Record, bool]:
        return self.send(partial(self.records.begin, key, payload))

    def complete(self, key: str, record: Record, result: Any) -> bool:
        return self.send(partial(self.records.complete, key, record, result))

    def release(self, key: str, record: Record) -> bool:
        return self.send(partial(self.records.release, key, record))

    def outcome(self, record: Record) -> Any:
        if not record.is_done:
            raise InProgress
        return record.outcome

    def send(self, command: Callable[[], T]) -> T:
        return send(self.points, command)


class OnceAdapter:
    """Two workers on one store; `make` is one of them, and its settings are those of `records`."""

    rejections = REFUSALS

    def __init__(self, records: Records, points: Points, make: type[Once] = Once) -> None:
        self._workers = {name: make(records, points) for name in ("a", "b")}

    def call(self, fn: Callable[[], Any], worker: str, key: str, payload: str) -> Any:
        return self._workers[worker].call(fn, key, payload)
