"""A small foreign shop, told event by event: its tables, topics and words are of no system that ships here."""

from __future__ import annotations

from typing import Any

from shaketable.history import History


class Shop:
    """Tells what happened; each call is one millisecond later than the one before."""

    def __init__(self) -> None:
        self.history = History()
        self._now_ms = 0
        self._offsets: dict[str, int] = {}

    def _add(self, *event: Any, **more: Any) -> int:
        self._now_ms += 1
        return self.history.add(self._now_ms, *event, **more)

    def commit(self, *writes: tuple[str, str, dict[str, Any]], db: str = "sales", by: str = "api") -> int:
        return self._add("effect", by, "commit", {"db": db, "writes": [list(write) for write in writes]})

    def append(self, topic: str, value: Any, key: str = "", by: str = "relay", **headers: str) -> int:
        offset = self._offsets[topic] = self._offsets.get(topic, -1) + 1
        place = {"topic": topic, "partition": 0, "offset": offset}
        return self._add("effect", by, "append", {**place, "key": key, "value": value, "headers": headers})

    def deliver(self, topic: str, offset: int, group: str, to: str = "") -> int:
        place = {"topic": topic, "partition": 0, "offset": offset, "group": group}
        return self._add("effect", to or group, "deliver", place)

    def passed(self, topic: str, offset: int, group: str) -> int:
        value = {"topic": topic, "partition": 0, "offset": offset, "group": group}
        return self._add("effect", group, "offsets", value)

    def entry(self, partner: str, route: str, **value: Any) -> int:
        return self._add("effect", partner, route, value)

    def op(self, name: str, kind: str = "ok", result: Any = None, **value: Any) -> int:
        invoked = self._add("invoke", "client", name, value)
        self._add(kind, "client", name, result, ref=invoked)
        return invoked

    def quiet(self, quiet: bool = True) -> History:
        self._add("phase", "harness", "liveness")
        self._add("phase", "harness", "quiet", {"quiet": quiet})
        return self.history
