"""How both services answer and ask: POSTs by their paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import psycopg

from shaketable_targets.clinic.settings import HOST, PATIENCE_S, PORT
from shaketable_targets.threaded import json_http
from shaketable_targets.threaded.json_http import Answer, Asked

Handler = Callable[[Any], Answer]


def serve(posts: Mapping[str, Handler]) -> None:
    """Answer POSTs by their paths until the process ends. A handler that fails on its database answers 503."""

    def answer(asked: Asked) -> Answer:
        if asked.method == "GET":
            return 200, {}
        handler = posts.get("/" + "/".join(asked.path))
        return (404, {}) if handler is None else handler(asked.body)

    json_http.serve(HOST, PORT, answer, (psycopg.Error, OSError))


def post(url: str, body: Any, key: str = "") -> int:
    """Return the status of the answer; 0 when there was none in time."""
    try:
        return json_http.call("POST", url, PATIENCE_S, body, {"Idempotency-Key": key})[0]
    except OSError:
        return 0
