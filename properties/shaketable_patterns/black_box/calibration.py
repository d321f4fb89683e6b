"""Calibration: a description against a run in which nothing fails. Where they disagree, no verdict means anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from shaketable.checkers.convergence import phases
from shaketable.descriptions.description import Description, LeavesText, ObserveText
from shaketable.history import History, Json, Op
from shaketable.mapping.value_paths import text
from shaketable.report.printable import short
from shaketable_patterns.black_box.checkers import key_of
from shaketable_patterns.black_box.facts import committed, observe, published

_SHOWN_MAX = 3
SEE_LOGS = "`shaketable boundaries` in this world shows what the parts logged"


def contradictions(description: Description, history: History, *, answers_are_judged: bool) -> list[str]:
    """Return what was observed and which field it contradicts; empty when the description fits.

    What a promise forbids is no contradiction: a system that answers ok and commits nothing at all breaks BB-4, if that
    is judged (`answers_are_judged`), and the search will say so. Nor is what no promise forbids: an op that is repeated
    may be refused, and may have the same event announced again.
    """
    ops = history.ops()
    times = description.times
    if phases(history).unsettled:
        return [
            f"without faults it was never silent for `times.quiet_ms` ({times.quiet_ms} ms) within `times.bound_ms` "
            f"({times.bound_ms} ms): messages that only ask for work belong into `polls`"
        ]
    found = list(_answers(description, ops))
    if not found and answers_are_judged and not _writes(history):
        return []  # answered ok, and nothing written: BB-4
    found += [said for op in description.ops if op.leaves for said in _left(op.name, op.leaves, history)]
    found += [said for wanted in description.observe for said in _observed(wanted, ops, history)]
    return found


def _answers(description: Description, ops: Sequence[Op]) -> Iterator[str]:
    """Yield a sentence for each op that failed, unless it only repeats what was done already."""
    declared = {op.name: op for op in description.ops}
    done: list[tuple[str, Json]] = []
    for op in ops:
        asked, result = (op.name, op.invoked.value), op.result
        if op.outcome == "ok":
            done.append(asked)
        elif op.outcome == "info" or asked not in done:
            wanted = declared[op.name]
            status = result.get("status") if isinstance(result, dict) else None
            how = "had no answer" if status is None else f"was answered {status}"
            field = (
                f"within its `timeout_ms` of {wanted.timeout_ms} ms"
                if status is None
                else f"its `ok` is {', '.join(str(one) for one in wanted.ok)}"
            )
            yield f"{op.name} {short(op.invoked.value)} {how} without faults ({field}): {short(result)}; {SEE_LOGS}"


def _writes(history: History) -> bool:
    """Tell whether any row of any table was committed, be it one that the description does not know."""
    commits = (event for event in history.events if event.kind == "effect" and event.name == "commit")
    return any(event.value["writes"] for event in commits)


def _left(name: str, left: LeavesText, history: History) -> Iterator[str]:
    """Yield a sentence if no op of this name left its row, though others are there: `leaves` looks in the wrong place."""
    sent = {key_of(op, left, history) for op in history.ops() if op.name == name}
    there = [text(row.get(left.column)) for _, row in committed(history, left.database, left.table)]
    if not there:
        yield f"no row of {left.table} was committed without faults, which `leaves` of {name} declares"
    elif not sent & set(there):
        yield (
            f"`leaves` of {name} says that {left.table}.{left.column} is its {left.field} ({_some(sorted(sent))}); "
            f"without faults that column was {_some(there)}"
        )


def _observed(wanted: ObserveText, ops: Sequence[Op], history: History) -> Iterator[str]:
    """Yield a sentence for each row that was not announced, or more often than was asked for."""
    seen = observe(history, wanted)
    keys = Counter(one.key for one in seen.announcements)
    if not seen.rows:
        rows = sum(1 for _ in committed(history, wanted.database, wanted.table))
        why = f", none of the {rows} committed agrees with its `where`" if rows else ""
        yield f"{wanted.name}: no op commits a row of {wanted.table} without faults{why}"
    for key in seen.rows:
        asked = max(1, sum(key in map(str, op.invoked.value.values()) for op in ops))
        if not keys[key]:
            yield f"{wanted.name}: {wanted.table} {key} was not announced without faults; {_instead(wanted, history)}"
        elif keys[key] > asked:
            yield (
                f"{wanted.name}: {wanted.table} {key} was announced {keys[key]} times without faults, though asked for "
                f"{asked} times: `key` has to identify a row, and `only` an event"
            )


def _instead(wanted: ObserveText, history: History) -> str:
    """Tell what is on the topic in place of a record that `wanted` expects."""
    records = published(history, wanted.topic)
    if not records:
        return f"nothing at all was published on {wanted.topic} (`topic`)"
    keys = _some([key for key, _ in records])
    return f"`key` says {wanted.key} is the message key, and `only` {short(wanted.only)}: there were the keys {keys}"


def _some(values: Sequence[str]) -> str:
    more = ", …" if len(values) > _SHOWN_MAX else ""
    return ", ".join(short(value, 40) for value in values[:_SHOWN_MAX]) + more
