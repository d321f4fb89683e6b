"""LK-9 in a system of services: what the committed rows tell of the leases by which they were written."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shaketable.checkers.conservation import Quantity
from shaketable.checkers.rule import Rule
from shaketable.checkers.tally import Tally
from shaketable.history import Event, History
from shaketable.mapping.exact_readers import quantities
from shaketable.mapping.history_index import CLIENT, Change, HistoryIndex
from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Rows, Value
from shaketable.mapping.rules_under_mapping import Rules
from shaketable.mapping.value_paths import compiled, text
from shaketable_patterns.lock.promises import LK_9
from shaketable_patterns.lock.roles import GuardedRows

_SPANS = ("for_ms", "delay_ms")
"""Where a fault says for how long something stands still; what crashes goes on with nothing that it had."""


class Written(msgspec.Struct, frozen=True, gc=False):
    """A committed write of a row, with what it is about and the token that it carries."""

    change: Change
    of: str
    token: Quantity


class GuardedFacts(msgspec.Struct, frozen=True, gc=False):
    """The writes under one lock, and what its own rows gave, each in the order of the commits."""

    writes: tuple[Written, ...]
    taken: tuple[Written, ...]
    index: HistoryIndex

    def stood_still(self, lease_ms: int, at: int) -> bool:
        """Tell whether at this event a part of the system has been held or stopped, for longer than a lease in all."""
        now_ms = self.index.time_ms(at)
        spans = ((fault, _lasts_ms(fault)) for fault in self.index.faults if fault.index < at)
        return any(ms > lease_ms and now_ms <= fault.time_ms + ms for fault, ms in spans)


AllGuarded = Sequence[GuardedFacts]


class GuardedReader:
    """Makes the facts of every lock of a mapping, once a history."""

    __slots__ = ("_indexing", "_roles")

    def __init__(self, mapping: Mapping, indexing: Indexing) -> None:
        self._roles = mapping.of(GuardedRows)
        self._indexing = indexing

    def __call__(self, history: History) -> AllGuarded:
        """Return the facts of each lock, in the order of the mapping."""
        return history.view(self._read)

    def _read(self, history: History) -> AllGuarded:
        index = self._indexing(history)
        return tuple(
            GuardedFacts(
                _written(role.writes, role.of, role.token, index),
                () if role.taken is None or not role.given else _written(role.taken, "", role.given, index),
                index,
            )
            for role in self._roles
        )


def _lasts_ms(fault: Event) -> int:
    """Return for how long a fault holds or stops a part of the system; 0 for another, and for what a client sends or gets."""
    said = fault.value if isinstance(fault.value, dict) else {}
    if str(said.get("at", "")).startswith(f"{CLIENT}>"):
        return 0
    return max(
        (value for name, value in said.items() if name in _SPANS and isinstance(value, int)), default=0
    )


def _written(rows: Rows, of: Value, token: Value, index: HistoryIndex) -> tuple[Written, ...]:
    read_of, read_token = compiled(of), quantities(token, "lock.token")
    return tuple(
        Written(change, text(read_of(change)), read_token(change))
        for change in index.changes_of(rows.database, rows.table)
        if change.commit >= 0 and change.verb != "delete" and rows.has(change)
    )


def later_holders_writes_stay(locks: AllGuarded, tally: Tally) -> None:
    """Count writes by a later lease while something stands still for longer than one; blame a write by an older lease behind it.

    It is a LIMIT where no fencing is declared. Where nothing was delayed for a lease, nothing is known of fencing.
    """
    unfenced = tally.profile.knobs.get("fencing") == "none"
    lease_ms = int(tally.profile.knobs.get("lock_at_most_for_ms", 0))
    for facts in locks:
        latest: dict[str, Written] = {}
        for written in facts.writes:
            before = latest.get(written.of)
            if before is None or written.token > before.token:
                latest[written.of] = written
            if before is None or written.token == before.token:
                continue
            is_stale = written.token < before.token
            tally.exercised += is_stale or (not unfenced and facts.stood_still(lease_ms, written.change.at))
            if is_stale:
                words = (
                    f"{written.change.process} writes {written.change.table} by lease {written.token} behind the write of "
                    f"{before.change.process} by lease {before.token}"
                )
                tally.breach(
                    "stale-write",
                    words,
                    before.change.at,
                    written.change.at,
                    about=(written.of,),
                    documented=unfenced,
                )


def tokens_grow(locks: AllGuarded, tally: Tally) -> None:
    """Count changes of the lock's own rows; blame one that gives a smaller token than was given before."""
    for facts in locks:
        highest: Written | None = None
        for taken in facts.taken:
            if highest is not None:
                tally.exercised += 1
                if taken.token < highest.token:
                    words = f"{taken.change.process} is given token {taken.token} after {highest.token}"
                    tally.breach("token-not-monotone", words, highest.change.at, taken.change.at)
            if highest is None or taken.token > highest.token:
                highest = taken


GUARDED_RULES = Rules(
    (
        Rule(
            LK_9,
            "no stale row behind a later holder's",
            later_holders_writes_stay,
            ("lock.writes&token", "knobs.lock_at_most_for_ms"),
            reached_by="a write by a later lease, while something stands still for longer than lock_at_most_for_ms",
        ),
        Rule(
            LK_9,
            "the lock's tokens grow",
            tokens_grow,
            ("lock.taken&given",),
            reached_by="a lock that is taken a second time",
        ),
    ),
    GuardedReader,
)
