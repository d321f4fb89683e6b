"""BB-1 to BB-4: the checkers of a black box, each for what one description observes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shaketable.checkers.convergence import phases
from shaketable.checkers.tally import Tally
from shaketable.descriptions.description import LeavesText, ObserveText
from shaketable.errors import UnreadableValue
from shaketable.history import History, Op
from shaketable.mapping.answer_reference import answers_in, resolved
from shaketable.mapping.value_paths import Part, agrees, as_read, compiled, text
from shaketable.profile import Profile
from shaketable.verdict import Judgement, Promise
from shaketable_patterns.black_box import promises
from shaketable_patterns.black_box.facts import Announcement, Committed, committed, observe

CLOCKS_AGREE_TO_MS = "clocks_agree_to_ms"
"""The knob that says how exactly time stamps of different servers can be compared."""


@dataclass(frozen=True, slots=True)
class Announced:
    """BB-1."""

    observed: tuple[ObserveText, ...]
    promises: tuple[Promise, ...] = (promises.ANNOUNCED,)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        """Judge each committed row by the topic at the end."""
        tally = Tally(promises.ANNOUNCED, profile)
        tally.unsettled = phases(history).unsettled
        for wanted in self.observed:
            seen = observe(history, wanted)
            announced = {one.key for one in seen.announcements}
            tally.exercised += len(seen.rows)
            for key, row in seen.rows.items():
                if key not in announced and not tally.unsettled:
                    message = f"{wanted.table} {key} was committed and never announced on {wanted.topic}"
                    tally.breach("lost-event", message, row.at, about=(key,))
        return (tally.judgement(),)


@dataclass(frozen=True, slots=True)
class NothingElse:
    """BB-2."""

    observed: tuple[ObserveText, ...]
    promises: tuple[Promise, ...] = (promises.NOTHING_ELSE,)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        """Judge each record by the rows that were committed by then, as far as clocks can tell."""
        tally = Tally(promises.NOTHING_ELSE, profile)
        tolerance_ms = profile.int(CLOCKS_AGREE_TO_MS)
        for wanted in self.observed:
            seen = observe(history, wanted)
            tally.exercised += len(seen.announcements)
            for one in seen.announcements:
                row = seen.rows.get(one.key)
                if row is None or row.time_ms > one.time_ms + tolerance_ms:
                    message = f"{wanted.topic} has a record about {one.key}, of which {wanted.table} has no committed row"
                    at = -1 if row is None else row.at
                    tally.breach("phantom-event", message, one.at, at, about=(one.key,))
                elif wrong := _altered(row, one, wanted):
                    tally.breach("altered-event", wrong, row.at, one.at, about=(one.key,))
        return (tally.judgement(),)


@dataclass(frozen=True, slots=True)
class OneId:
    """BB-3; an observation without an event id says nothing about it."""

    observed: tuple[ObserveText, ...]
    promises: tuple[Promise, ...] = (promises.ONE_ID,)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        """Judge each record by the first about the same row."""
        tally = Tally(promises.ONE_ID, profile)
        for wanted in self.observed:
            if not wanted.event_id:
                continue
            first: dict[str, Announcement] = {}
            for one in observe(history, wanted).announcements:
                tally.exercised += 1
                before = first.setdefault(one.key, one)
                if before.event_id != one.event_id:
                    message = f"{one.key} is announced as {before.event_id!r} and again as {one.event_id!r}"
                    tally.breach("new-id-on-duplicate", message, before.at, one.at, about=(one.key,))
        return (tally.judgement(),)


@dataclass(frozen=True, slots=True)
class AnswersHold:
    """BB-4, for the ops (by name) that declare what they leave."""

    leaves: dict[str, LeavesText]
    promises: tuple[Promise, ...] = (promises.ANSWERS_HOLD,)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        """Judge each answer by the rows that were ever committed; a row may be deleted later by other ops."""
        tally = Tally(promises.ANSWERS_HOLD, profile)
        unsettled = phases(history).unsettled
        for name, left in self.leaves.items():
            keys = _keys(history, left)
            ops = [op for op in history.ops() if op.name == name]
            perhaps = {key_of(op, left, history) for op in ops if op.outcome != "fail"}
            for op in ops:
                if op.completed is None or op.outcome == "info":
                    continue
                tally.exercised += 1
                key = key_of(op, left, history)
                witness = (op.invoked.index, op.completed.index)
                if op.outcome == "ok" and not key:
                    raise UnreadableValue(
                        f"leaves of {name}: {left.field} is not there, and {name} was answered ok"
                    )
                if op.outcome == "ok" and key not in keys and unsettled:
                    tally.unsettled = unsettled  # what is answered before it is written may still be
                elif op.outcome == "ok" and key not in keys:
                    message = f"{name} {key} was answered ok and {left.table} never had its row"
                    tally.breach("lost-write", message, *witness, about=(key,))
                elif op.outcome == "fail" and key and key in keys and key not in perhaps:
                    message = f"{name} {key} was refused and {left.table} has its row"
                    tally.breach("refused-but-written", message, *witness, keys[key], about=(key,))
        return (tally.judgement(),)


def _altered(row: Committed, one: Announcement, wanted: ObserveText) -> str:
    """Return what the record says otherwise than every committed content of its row, or ""."""
    fields = one.value if isinstance(one.value, dict) else {}
    for column, name in wanted.same.items():
        said = compiled(f"body.{name}")(Part(body=fields)) if ":" in name else fields.get(name)
        was = [as_read(name, content.get(column)) for content in row.contents]
        if not any(agrees(said, content) for content in was):
            return f"the record about {one.key} says {name} {said!r}, its row {column} {was[-1]!r}"
    return ""


def _keys(history: History, left: LeavesText) -> dict[str, int]:
    """Return the keys that the table ever had, with the commit that brought them."""
    found: dict[str, int] = {}
    for at, row in committed(history, left.database, left.table):
        found.setdefault(text(row.get(left.column)), at)
    return found


def key_of(op: Op, left: LeavesText, history: History) -> str:
    """Return the key of the row that an op leaves: a field of it, or what its answer says; "" where that is not there."""
    if left.field.startswith("answer."):
        return text(compiled(left.field)(Part(answer=op.result)))
    return text(resolved(op.invoked.value, history.view(answers_in)).get(left.field))
