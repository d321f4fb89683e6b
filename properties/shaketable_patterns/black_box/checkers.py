"""The checkers, each for what one description observes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from shaketable.descriptions.description import LeavesText, ObserveText
from shaketable.history import History, Json, Op
from shaketable.profile import Profile
from shaketable.verdict import Finding, Judgement, Promise, Reason
from shaketable_patterns.black_box import promises
from shaketable_patterns.black_box.facts import Announcement, Committed, observe, unsettled

CLOCKS_AGREE_TO_MS = "clocks_agree_to_ms"
"""The knob that says how exactly time stamps of different servers can be compared."""


@dataclass(frozen=True, slots=True)
class Announced:
    """BB-1."""

    observed: tuple[ObserveText, ...]
    promises: tuple[Promise, ...] = (promises.ANNOUNCED,)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        """Each committed row against the topic at the end."""
        why = unsettled(history)
        exercised, findings = 0, []
        for wanted in self.observed:
            seen = observe(history, wanted)
            announced = {one.key for one in seen.announcements}
            exercised += len(seen.rows)
            findings += [
                _finding(
                    promises.ANNOUNCED,
                    f"{wanted.table} {key} was committed and never announced on {wanted.topic}",
                    row.at,
                    about=key,
                )
                for key, row in seen.rows.items()
                if key not in announced and not why
            ]
        return (_judgement(promises.ANNOUNCED, exercised, findings, why),)


@dataclass(frozen=True, slots=True)
class NothingElse:
    """BB-2."""

    observed: tuple[ObserveText, ...]
    promises: tuple[Promise, ...] = (promises.NOTHING_ELSE,)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        """Each record against the rows that were committed by then, as far as clocks can tell."""
        tolerance_ms = profile.int(CLOCKS_AGREE_TO_MS)
        exercised, findings = 0, []
        for wanted in self.observed:
            seen = observe(history, wanted)
            exercised += len(seen.announcements)
            for one in seen.announcements:
                row = seen.rows.get(one.key)
                if row is None or row.time_ms > one.time_ms + tolerance_ms:
                    message = f"{wanted.topic} has a record about {one.key}, of which {wanted.table} has no committed row"
                    witness = (one.at,) if row is None else (one.at, row.at)
                    findings.append(_finding(promises.NOTHING_ELSE, message, *witness, about=one.key))
                elif wrong := _altered(row, one, wanted):
                    findings.append(
                        _finding(
                            promises.NOTHING_ELSE,
                            wrong,
                            row.at,
                            one.at,
                            about=one.key,
                            anomaly="altered-event",
                        )
                    )
        return (_judgement(promises.NOTHING_ELSE, exercised, findings),)


@dataclass(frozen=True, slots=True)
class OneId:
    """BB-3; an observation without an event id says nothing about it."""

    observed: tuple[ObserveText, ...]
    promises: tuple[Promise, ...] = (promises.ONE_ID,)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        """Each record against the first about the same row."""
        exercised, findings = 0, []
        for wanted in self.observed:
            if not wanted.event_id:
                continue
            first: dict[str, Announcement] = {}
            for one in observe(history, wanted).announcements:
                exercised += 1
                before = first.setdefault(one.key, one)
                if before.event_id != one.event_id:
                    message = f"{one.key} is announced as {before.event_id!r} and again as {one.event_id!r}"
                    findings.append(_finding(promises.ONE_ID, message, before.at, one.at, about=one.key))
        return (_judgement(promises.ONE_ID, exercised, findings),)


@dataclass(frozen=True, slots=True)
class AnswersHold:
    """BB-4, for the ops (by name) that declare what they leave."""

    leaves: dict[str, LeavesText]
    promises: tuple[Promise, ...] = (promises.ANSWERS_HOLD,)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        """Each answer against the rows that were ever committed; a row may be deleted later by other ops."""
        why, awaited = unsettled(history), ""
        exercised, findings = 0, []
        for name, left in self.leaves.items():
            keys = _keys(history, left)
            ops = [op for op in history.ops() if op.name == name]
            perhaps = {_key(op, left) for op in ops if op.outcome != "fail"}
            for op in ops:
                if op.completed is None or op.outcome == "info":
                    continue
                exercised += 1
                key = _key(op, left)
                witness = [op.invoked.index, op.completed.index]
                if op.outcome == "ok" and key not in keys and why:
                    awaited = why  # what is answered before it is written may still be
                elif op.outcome == "ok" and key not in keys:
                    message = f"{name} {key} was answered ok and {left.table} never had its row"
                    findings.append(
                        _finding(promises.ANSWERS_HOLD, message, *witness, about=key, anomaly="lost-write")
                    )
                elif op.outcome == "fail" and key in keys and key not in perhaps:
                    message = f"{name} {key} was refused and {left.table} has its row"
                    findings.append(
                        _finding(
                            promises.ANSWERS_HOLD,
                            message,
                            *witness,
                            keys[key],
                            about=key,
                            anomaly="refused-but-written",
                        )
                    )
        return (_judgement(promises.ANSWERS_HOLD, exercised, findings, awaited),)


def _altered(row: Committed, one: Announcement, wanted: ObserveText) -> str:
    """What the record says otherwise than every committed content of its row, or ""."""
    fields = one.value if isinstance(one.value, dict) else {}
    for column, name in wanted.same.items():
        if not any(_says(fields.get(name), content.get(column)) for content in row.contents):
            said, was = fields.get(name), row.contents[-1].get(column)
            return f"the record about {one.key} says {name} {said!r}, its row {column} {was!r}"
    return ""


def _says(said: Json, was: Json) -> bool:
    """Whether a record says what a row was. A number may be told as text, and a decimal column comes as text."""
    if said == was:
        return True
    if isinstance(said, str) == isinstance(was, str) or isinstance(said, bool) or isinstance(was, bool):
        return False
    try:
        return Decimal(str(said)) == Decimal(str(was))
    except InvalidOperation:
        return False


def _keys(history: History, left: LeavesText) -> dict[str, int]:
    """The keys that the table ever had, with the commit that brought them."""
    found: dict[str, int] = {}
    for event in _commits(history, left.database):
        for verb, table, row in history[event].value["writes"]:
            if verb != "delete" and table == left.table:
                found.setdefault(str(row.get(left.column)), event)
    return found


def _commits(history: History, database: str) -> Iterator[int]:
    for event in history.events:
        if event.kind == "effect" and event.name == "commit" and event.value["db"] == database:
            yield event.index


def _key(op: Op, left: LeavesText) -> str:
    return str(op.invoked.value.get(left.field))


def _finding(promise: Promise, message: str, *witness: int, about: str, anomaly: str = "") -> Finding:
    anomaly = anomaly or promise.anomalies[0]
    return Finding(promise.id, anomaly, message, tuple(sorted(witness)), about=(about,))


def _judgement(promise: Promise, exercised: int, findings: list[Finding], unknown: str = "") -> Judgement:
    """Of each anomaly the first breach: one story each is what a reader needs."""
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.anomaly, finding)
    reason = Reason("never-quiet", unknown) if unknown else None
    return Judgement(promise.id, exercised, tuple(first.values()), reason)
