"""A persistence layer for AWS Lambda Powertools on items in memory, with the conditions of its own layer for DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord

from shaketable_targets.idempotency_stores.records import send
from shaketable_targets.idempotency_stores.settings import Clock, Points

T = TypeVar("T")


class ItemsLayer(BasePersistenceLayer):
    """Puts an item on condition, and updates and deletes by the key alone: the library hands on no owner to compare."""

    def __init__(self, clock: Clock, points: Points) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._clock = clock
        self._points = points
        self._items: dict[str, DataRecord] = points.durable("items", dict)

    def _get_record(self, idempotency_key: str) -> DataRecord:
        found = self._send(lambda: self._items.get(idempotency_key))
        if found is None:
            raise IdempotencyItemNotFoundError
        return copy(found)

    def _put_record(self, data_record: DataRecord) -> None:
        def command() -> bool:
            found = self._items.get(data_record.idempotency_key)
            if found is not None and not self._is_over(found):
                return False
            self._items[data_record.idempotency_key] = copy(data_record)
            return True

        if not self._send(command):
            raise IdempotencyItemAlreadyExistsError

    def _update_record(self, data_record: DataRecord) -> None:
        self._send(lambda: self._items.update({data_record.idempotency_key: copy(data_record)}))

    def _delete_record(self, data_record: DataRecord) -> None:
        self._send(lambda: self._items.pop(data_record.idempotency_key, None))

    def _send(self, command: Callable[[], T]) -> T:
        return send(self._points, command)

    def _is_over(self, record: Any) -> bool:
        """Tell whether an item is expired, or in progress by an invocation that timed out."""
        now_s = self._clock.time_s()
        deadline_ms = record.in_progress_expiry_timestamp
        is_timed_out = (
            record.status == "INPROGRESS" and deadline_ms is not None and deadline_ms < int(now_s * 1000)
        )
        return record.expiry_timestamp < int(now_s) or is_timed_out
