"""Adapter of AWS Lambda Powertools 3.37.0: `idempotent_function`, the key and the payload out of one order, two invocations at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)

from shaketable_targets.idempotency_stores.powertools_layer import ItemsLayer
from shaketable_targets.idempotency_stores.settings import Clock, Points, Settings


class PowertoolsAdapter:
    """Each worker has a layer of its own; the remaining time of an invocation is the lease."""

    rejections = (IdempotencyAlreadyInProgressError, IdempotencyValidationError)

    def __init__(self, clock: Clock, points: Points, settings: Settings) -> None:
        self._layers = {name: ItemsLayer(clock, points) for name in ("a", "b")}
        self._config = IdempotencyConfig(
            event_key_jmespath="key",
            payload_validation_jmespath="payload",
            expires_after_seconds=settings.retention_ms // 1000,
        )
        context: Any = type(
            "Context", (), {"get_remaining_time_in_millis": lambda _self: settings.lease_ms}
        )()
        self._config.register_lambda_context(context)

    def call(self, fn: Callable[[], Any], worker: str, key: str, payload: str) -> Any:
        def work(**_order: Any) -> Any:
            return fn()

        once = idempotent_function(
            work, data_keyword_argument="order", persistence_store=self._layers[worker], config=self._config
        )
        return once(order={"key": key, "payload": payload})
