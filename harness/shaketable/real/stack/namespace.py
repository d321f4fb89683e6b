"""The namespace of one run: a prefix of its identifiers, so that runs can share servers.

A UUID of a schedule (`shaketable.descriptions.client_uuid`) carries the run in its first digits. A whole number becomes
one that no run on these servers used, and is known by itself.

A prefix changes which partition a key hashes to, and with it which member of a group gets a record. So each
identifier gets a salt with which it stays on the partition it has without the prefix, as in every other world.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

import msgspec
from aiokafka.partitioner import murmur2

from shaketable.descriptions.client_uuid import CLIENT_UUID, MARK, NO_RUN, rest_of
from shaketable.history import Json

_ANY = re.compile(r"\b(r\d+\.)\d+~")
_FIRST_WHOLE = 1_000_000_007
"""So large that few numbers of a system's own are like it, and so small that an `integer` column holds it."""
_WHOLE_DIGITS = 10
_WHOLE = re.compile(rf"(?<![\d.])1\d{{{_WHOLE_DIGITS - 1}}}(?![\d.])", re.ASCII)
_NO_RUN_DIGITS = NO_RUN[:4]


class Namespace:
    """`put` and `off` are each other's inverse on identifiers; `off` leaves other text alone.

    `before` is the namespace of the run before on the same servers, if there was one.
    """

    def __init__(self, number: int, partition_counts: Iterable[int], before: Namespace | None = None) -> None:
        self._start = f"r{number}."
        self._run_digits = f"{(number - 1) % 0xFFFF + 1:04x}" if number else _NO_RUN_DIGITS
        self._whole: dict[int, int] = {}
        self._wholes: dict[int, int] = {}  # the same, the other way round
        self._next_whole: int = before._next_whole if before else _FIRST_WHOLE
        self._of_others: frozenset[int] = before._of_others.union(before._wholes) if before else frozenset()
        self._partition_counts = sorted({n for n in partition_counts if n > 1})
        self._pattern = re.compile(re.escape(self._start) + r"\d+~")
        self._known: dict[str, str] = {}

    def put(self, identifier: str) -> str:
        """Return the identifier as the servers of this world see it."""
        known = self._known.get(identifier)
        if known is None:
            rest = rest_of(identifier)
            salted = (
                (f"{self._run_digits}{salt:04x}{rest}" for salt in range(0x10000))
                if rest
                else (f"{self._start}{salt}~{identifier}" for salt in count())
            )
            known = self._known[identifier] = next(s for s in salted if self._keeps_partition(s, identifier))
        return known

    def put_whole(self, identifier: int) -> int:
        """Return the whole number as the servers of this world see it."""
        known = self._whole.get(identifier)
        if known is None:
            known = next(n for n in count(self._next_whole) if self._keeps_partition(str(n), str(identifier)))
            self._next_whole = known + 1
            self._whole[identifier], self._wholes[known] = known, identifier
        return known

    def off(self, text: str) -> str:
        """Return `text` without any prefix of this run in it."""
        if self._start in text:
            text = self._pattern.sub("", text)
        if MARK in text.lower():
            text = CLIENT_UUID.sub(self._off_uuid, text)
        if self._wholes and len(text) >= _WHOLE_DIGITS:
            text = _WHOLE.sub(lambda found: str(self._wholes.get(int(found[0]), found[0])), text)
        return text

    def _off_uuid(self, found: re.Match[str]) -> str:
        is_mine = found["run"].lower() == self._run_digits
        return f"{NO_RUN}{found['rest']}" if is_mine else found[0]

    def put_in(self, value: Json, fields: frozenset[str]) -> Json:
        """Return `value` with the strings under `fields` put into the namespace, at any depth."""
        if isinstance(value, dict):
            return {
                key: self._put_any(item) if key in fields else self.put_in(item, fields)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.put_in(item, fields) for item in value]
        return value

    def off_in(self, value: Json) -> Json:
        """Return `value` without any prefix of this run, in strings and keys."""
        if isinstance(value, str):
            return self.off(value)
        if type(value) is int:
            return self._wholes.get(value, value)
        if isinstance(value, dict):
            return {self.off(key): self.off_in(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.off_in(item) for item in value]
        return value

    def is_of_another_run(self, value: Json) -> bool:
        """Tell whether `value` carries the prefix of some run and none of this one: a straggler."""
        told = msgspec.json.encode(value).decode()
        runs = {*_ANY.findall(told), *(found["run"].lower() for found in CLIENT_UUID.finditer(told))}
        mine = {self._start, self._run_digits, _NO_RUN_DIGITS}
        if self._of_others or self._wholes:
            for found in _WHOLE.finditer(told):
                if int(found[0]) in self._of_others:
                    runs.add(found[0])
                elif int(found[0]) in self._wholes:
                    runs.add(self._start)
        return bool(runs) and not runs & mine

    def _put_any(self, value: Json) -> Json:
        if isinstance(value, str):
            return self.put(value)
        return self.put_whole(value) if type(value) is int else value

    def _keeps_partition(self, salted: str, identifier: str) -> bool:
        here, there = (murmur2(text.encode()) & 0x7FFFFFFF for text in (salted, identifier))
        return all(here % n == there % n for n in self._partition_counts)
