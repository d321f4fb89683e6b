"""The namespace of one run: a prefix of its identifiers, so that runs can share servers.

A prefix changes which partition a key hashes to, and with it which member of a group gets a record. So each
identifier gets a salt with which it stays on the partition it has without the prefix, as in every other world.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

import msgspec
from aiokafka.partitioner import murmur2

from shaketable.history import Json

_ANY = re.compile(r"\b(r\d+\.)\d+~")


class Namespace:
    """`put` and `off` are each other's inverse on identifiers; `off` leaves other text alone."""

    def __init__(self, number: int, partition_counts: Iterable[int]) -> None:
        self._start = f"r{number}."
        self._partition_counts = sorted({n for n in partition_counts if n > 1})
        self._pattern = re.compile(re.escape(self._start) + r"\d+~")
        self._known: dict[str, str] = {}

    def put(self, identifier: str) -> str:
        """Return the identifier as the servers of this world see it."""
        known = self._known.get(identifier)
        if known is None:
            salted = (f"{self._start}{salt}~{identifier}" for salt in count())
            known = self._known[identifier] = next(s for s in salted if self._keeps_partition(s, identifier))
        return known

    def off(self, text: str) -> str:
        """Return `text` without any prefix of this run in it."""
        return self._pattern.sub("", text) if self._start in text else text

    def put_in(self, value: Json, fields: frozenset[str]) -> Json:
        """Return `value` with the strings under `fields` put into the namespace, at any depth."""
        if isinstance(value, dict):
            return {
                key: self.put(item) if key in fields and isinstance(item, str) else self.put_in(item, fields)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.put_in(item, fields) for item in value]
        return value

    def off_in(self, value: Json) -> Json:
        """Return `value` without any prefix of this run, in strings and keys."""
        if isinstance(value, str):
            return self.off(value)
        if isinstance(value, dict):
            return {self.off(key): self.off_in(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.off_in(item) for item in value]
        return value

    def is_of_another_run(self, value: Json) -> bool:
        """Tell whether `value` carries the prefix of some run and none of this one: a straggler."""
        found = _ANY.findall(msgspec.json.encode(value).decode())
        return bool(found) and self._start not in found

    def _keeps_partition(self, salted: str, identifier: str) -> bool:
        here, there = (murmur2(text.encode()) & 0x7FFFFFFF for text in (salted, identifier))
        return all(here % n == there % n for n in self._partition_counts)
