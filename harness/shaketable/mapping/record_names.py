"""The names that a story gives records: the type and the id of the event that one carries, as the roles read them."""

from __future__ import annotations

from shaketable.history import Json
from shaketable.mapping.history_index import Append
from shaketable.mapping.mapping import Mapping, parts_of
from shaketable.mapping.roles import Record
from shaketable.mapping.value_paths import text


class RecordNames:
    """Finds the role that a record plays. Of several, the first that says a type names it."""

    __slots__ = ("_by_topic",)

    def __init__(self, mapping: Mapping) -> None:
        self._by_topic: dict[str, list[Record]] = {}
        for record in parts_of(mapping.roles, Record):
            if record.type:
                for topic in record.topics:
                    self._by_topic.setdefault(topic, []).append(record)

    def __call__(self, appended: dict[str, Json]) -> tuple[str, str]:
        """Return type and id of what an append carries; two empty texts if no role says its type."""
        topic = str(appended.get("topic"))
        headers = appended.get("headers")
        record = Append(
            -1,
            "",
            topic,
            -1,
            -1,
            text(appended.get("key")),
            appended.get("value"),
            headers if isinstance(headers, dict) else {},
            -1,
        )
        for role in self._by_topic.get(topic, ()):
            if role.is_so(record) and (kind := text(role.read_type(record))):
                return kind, text(role.read_id(record))
        return "", ""
