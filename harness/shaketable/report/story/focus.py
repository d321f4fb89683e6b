"""The focus of a story: the ids that its finding is about. Events that concern other ids only are left out.

A shrunk schedule still runs background work and sometimes other orders; a reader looks for one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from shaketable.history import Event, History, Json
from shaketable.verdict import Finding

_ENCODE = msgspec.json.Encoder().encode


class Focus:
    """The ids of the finding that occur in the ops that clients asked for; with none, all is relevant."""

    def __init__(self, history: History, finding: Finding) -> None:
        asked = {text for e in history.events if e.kind == "invoke" for text in _texts(e.value)}
        about = asked.intersection(finding.about)
        self.ids = tuple(sorted(about or _shared(history, finding) & asked))
        parts = "|".join(re.escape(i) for i in self.ids)
        self._pattern = re.compile(rf"(?<![\w-])(?:{parts})(?![\w-])".encode()) if self.ids else None

    def covers(self, value: Json) -> bool:
        """Whether `value` mentions one of the ids anywhere inside."""
        return self._pattern is None or self._pattern.search(_ENCODE(value)) is not None


def _shared(history: History, finding: Finding) -> set[str]:
    """Texts that every witness event has in common."""
    witness = [history[i] for i in finding.witness if 0 <= i < len(history)]
    texts = [set(_texts(event.value)) for event in witness]
    return set.intersection(*texts) if texts else set()


def _texts(value: Json, depth: int = 0) -> Iterator[str]:
    """The short texts inside, as far as ids are found."""
    if isinstance(value, str):
        if 0 < len(value) <= 40:
            yield value
    elif depth < 4 and isinstance(value, dict):
        for item in value.values():
            yield from _texts(item, depth + 1)
    elif depth < 4 and isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item, depth + 1)


def about(event: Event, focus: Focus, answered: Json) -> bool:
    """Whether an event concerns what the story is about, by itself or by what it answers."""
    return focus.covers(event.value) or (answered is not None and focus.covers(answered))
