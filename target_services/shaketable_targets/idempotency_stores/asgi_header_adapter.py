"""Adapter of asgi-idempotency-header 0.2.0: its middleware around an application that answers with what the function returns."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from idempotency_header_middleware.backends.memory import MemoryBackend
from idempotency_header_middleware.middleware import IdempotencyHeaderMiddleware
from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from shaketable_targets.idempotency_stores.settings import InProgress, Settings


class AsgiHeaderAdapter:
    """Two workers in one process, on the backend in its memory."""

    rejections = (InProgress,)

    def __init__(self, settings: Settings) -> None:
        self._backend = MemoryBackend(expiry=settings.retention_ms // 1000)

    async def call(self, fn: Callable[[], Awaitable[Any]], worker: str, key: str, payload: str) -> Any:
        sent: list[Message] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await JSONResponse(await fn())(scope, receive, send)

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "headers": [(b"idempotency-key", key.encode())]}
        await IdempotencyHeaderMiddleware(app, self._backend)(scope, _nothing, send)
        if sent[0]["status"] == 409:
            raise InProgress
        return json.loads(sent[1]["body"])


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
