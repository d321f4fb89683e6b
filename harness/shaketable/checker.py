"""The checker protocol: a pure function from a history to judgements, and the guard around it."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from msgspec.structs import replace

from shaketable.errors import UnreadableValue
from shaketable.history import History
from shaketable.profile import Profile
from shaketable.verdict import Judgement, Promise, Reason


class Checker(Protocol):
    """Judges one or more promises. It sees the history and the declared profile, nothing else."""

    @property
    def promises(self) -> tuple[Promise, ...]: ...

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        """Return one judgement for each promise, in the order of `promises`."""
        ...


@runtime_checkable
class ClauseChecker(Checker, Protocol):
    """A checker that counts clause by clause, and says what would put each to the test."""

    @property
    def reached_by(self) -> Mapping[tuple[str, str], str]:
        """The words by promise and clause."""
        ...


def judge(checkers: Sequence[Checker], history: History, profile: Profile) -> list[Judgement]:
    """Return all judgements; a checker that raises makes its promises unknown, with the error as the reason.

    A value that cannot be read as what the mapping says is a reason of its own: not the checker is to blame.
    What several checkers read together (their `facts`) is dropped behind the last of them: of a long history one pattern's
    facts are as much as the history itself.
    """
    judgements: list[Judgement] = []
    last = {id(facts): n for n, one in enumerate(checkers) if (facts := getattr(one, "facts", None))}
    with _without_collections():
        for n, checker in enumerate(checkers):
            try:
                judgements.extend(checker.check(history, profile))
            except UnreadableValue as error:
                reason = Reason("unreadable", str(error))
                judgements.extend(Judgement(p.id, 0, reason=reason) for p in checker.promises)
            except Exception as error:  # a crashing checker must neither pass nor accuse
                reason = Reason("checker-failed", f"the checker failed: {type(error).__name__}: {error}")
                judgements.extend(Judgement(p.id, 0, reason=reason) for p in checker.promises)
            facts = getattr(checker, "facts", None)
            if last.get(id(facts)) == n:
                history.forget(facts)
    unread = _deleted_unread(history)
    return [_withheld(judgement, unread) for judgement in judgements] if unread else judgements


def _deleted_unread(history: History) -> list[str]:
    """Return the groups that had not read all that a retention deleted (`shaketable.fault.Retention`)."""
    receipts = (event for event in history.events if event.kind == "receipt" and event.name == "retention")
    return sorted({group for receipt in receipts for group in receipt.value.get("unread", ())})


def _withheld(judgement: Judgement, unread: Sequence[str]) -> Judgement:
    """Return the judgement without findings: what was lost may be the whole reason of them."""
    if not judgement.findings:
        return judgement
    groups = ", ".join(unread)
    reason = Reason(
        "retention",
        f"records were deleted that {groups} had not read, so what lacks may be no fault of the subject",
    )
    return replace(judgement, findings=(), reason=reason)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Switch the garbage collector off: while a long history is read nothing is freed, so it would look in vain."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
