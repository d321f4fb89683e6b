"""The relevance of an event to a story: it mentions one of the ids that the finding is about.

A shrunk schedule still runs background work and sometimes other orders, which would distract from the one that matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from shaketable.history import Event, History, Json
from shaketable.verdict import Finding

_ENCODE = msgspec.json.Encoder().encode


class Relevance:
    """The ids that a finding is about, among those that clients' ops mention; without any, everything is relevant."""

    def __init__(self, history: History, finding: Finding) -> None:
        asked = {text for e in history.events if e.kind == "invoke" for text in _texts(e.value)}
        about = asked.intersection(finding.about)
        self.ids = tuple(sorted(about or _shared(history, finding) & asked))
        parts = "|".join(re.escape(i) for i in self.ids)
        self._pattern = re.compile(rf"(?<![\w-])(?:{parts})(?![\w-])".encode()) if self.ids else None

    def covers(self, value: Json) -> bool:
        """Tell whether `value` mentions one of the ids at any depth."""
        return self._pattern is None or self._pattern.search(_ENCODE(value)) is not None


def _shared(history: History, finding: Finding) -> set[str]:
    """Return the texts that all witness events have in common."""
    witness = [history[i] for i in finding.witness if 0 <= i < len(history)]
    texts = [set(_texts(event.value)) for event in witness]
    return set.intersection(*texts) if texts else set()


def _texts(value: Json, depth: int = 0) -> Iterator[str]:
    """Yield the texts in `value` that are short and shallow enough to be ids."""
    if isinstance(value, str):
        if 0 < len(value) <= 40:
            yield value
    elif depth < 4 and isinstance(value, dict):
        for item in value.values():
            yield from _texts(item, depth + 1)
    elif depth < 4 and isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item, depth + 1)


def is_relevant(event: Event, relevance: Relevance, answered: Json) -> bool:
    """Tell whether an event is relevant, by its own value or by the value of what it answers."""
    return relevance.covers(event.value) or (answered is not None and relevance.covers(answered))
