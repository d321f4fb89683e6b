"""When the records on the topics were appended, and by which client: what the tap saw of requests, answers and deliveries.

A broker does not say when it appended a record; the record's own time stamp is of its sending, by its producer's clock. It
was after its request arrived, after every record in front of it in its partition, and before its acknowledgement or its
delivery was passed on. So what was caused by an acknowledgement is never ordered before its record, whatever requests arrived
twice, were lost, or were answered in another order. The answer says which record was whose; where none was seen, the request
is found by message key and time stamp, and no answer is contradicted. A record of a transaction is on its topic once that is
committed: when the request to commit it arrived, whenever the record itself was acknowledged.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from shaketable.real.tap.framer import Marks, Produced
from shaketable.real.tap.kafka.record_batch import KEY_MAX_BYTES

Place = tuple[str, int, int]
"""Topic, partition, offset as the broker counts."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was read from its topic. `sent_ms` is `stamp_ms`, of the epoch, in the time of the run."""

    place: Place
    key: str
    stamp_ms: int
    sent_ms: int


class Append(NamedTuple):
    """When a record was appended, as far as its order demands, and by which client; "" where that was not seen."""

    at_ms: int
    client: str


@dataclass(frozen=True, slots=True)
class Sending:
    """A record in a request that arrived at the broker, from which `client` sent it in which `transaction`, "" for none."""

    at_ms: int
    client: str
    record: Produced
    transaction: str = ""


class Appends:
    """`produced` are requests as (when it arrived, client, marks), `passed` what was over, as (when, marks)."""

    def __init__(
        self, produced: Iterable[tuple[int, str, Marks]], passed: Iterable[tuple[int, Marks]]
    ) -> None:
        self._acknowledged: dict[Place, Sending] = {}
        self._unanswered: dict[tuple[str, int, str], deque[Sending]] = {}
        self._latest_ms: dict[Place, int] = {}
        self._commits_ms: dict[str, list[int]] = {}  # by transactional id
        for at_ms, client, marks in produced:
            transaction, commits = marks.get("ended", ("", False))
            if commits:
                self._commits_ms.setdefault(transaction, []).append(at_ms)
            producer = marks.get("transactional", "")
            sendings = [Sending(at_ms, client, record, producer) for record in marks.get("produced", ())]
            places = dict(_acknowledged(marks))
            for n, sending in enumerate(sendings):
                if n in places:  # one that is tried again may be told where its first request was appended
                    self._acknowledged.setdefault(places[n], sending)
                else:
                    topic, partition, key, _ = sending.record
                    self._unanswered.setdefault((topic, partition, key), deque()).append(sending)
        for at_ms, marks in passed:
            appended = () if "transactional" in marks else _acknowledged(marks)
            for place in (*marks.get("delivered", ()), *(place for _, place in appended)):
                self._latest_ms.setdefault(place, at_ms)

    def of(self, records: Sequence[Record]) -> Iterator[Append]:
        """Yield the append of each record of one partition, in the order of their offsets, which is that of their appends."""
        sendings = [self._sending(record) for record in records]
        latest_ms = self._bounds(records)
        at_ms: float = -math.inf
        for record, sending, last_ms in zip(records, sendings, latest_ms, strict=True):
            at_ms = min(max(at_ms, self._visible_ms(sending) if sending else record.sent_ms), last_ms)
            yield Append(int(at_ms), sending.client if sending else "")

    def _visible_ms(self, sending: Sending) -> int:
        """Return when it was on its topic: with its request, or with the next commit of its transaction."""
        commits_ms = self._commits_ms.get(sending.transaction, ())
        return next((at_ms for at_ms in commits_ms if at_ms >= sending.at_ms), sending.at_ms)

    def _sending(self, record: Record) -> Sending | None:
        key = record.key.encode()[:KEY_MAX_BYTES].decode("utf-8", "replace")
        known = self._acknowledged.get(record.place)
        if known is not None and known.record.key in (key, ""):
            return known
        topic, partition, _ = record.place
        unanswered = self._unanswered.get((topic, partition, key))
        if not unanswered:
            return None
        same = (sending for sending in unanswered if sending.record.stamp_ms == record.stamp_ms)
        found = next(same, None)
        if found is None:  # its broker has stamped it, or its batch could not be read
            found = unanswered.popleft()
            return replace(found, at_ms=max(found.at_ms, record.sent_ms))
        unanswered.remove(found)
        return found

    def _bounds(self, records: Sequence[Record]) -> list[float]:
        """Return when each record was on its topic at the latest, for it or one behind it was seen by then."""
        latest_ms: float = math.inf
        bounds = []
        for record in reversed(records):
            latest_ms = min(latest_ms, self._latest_ms.get(record.place, math.inf))
            bounds.append(latest_ms)
        return bounds[::-1]


def _acknowledged(marks: Marks) -> Iterator[tuple[int, Place]]:
    """Yield (which of the request's records, where it was appended) for each that its answer acknowledges."""
    first: Mapping[tuple[str, int], int] = {
        (topic, partition): offset for topic, partition, offset in marks.get("acknowledged", ())
    }
    behind: dict[tuple[str, int], int] = {}
    for n, record in enumerate(marks.get("produced", ())):
        partition = record.topic, record.partition
        if partition in first:
            yield n, (*partition, first[partition] + behind.get(partition, 0))
            behind[partition] = behind.get(partition, 0) + 1
