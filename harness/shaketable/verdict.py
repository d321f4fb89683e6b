"""Three verdicts, three levels, and the judgements of checkers. If nothing was shown the verdict is unknown, never a pass."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Literal

import msgspec

PromiseKind = Literal["safety", "liveness"]
Level = Literal["VIOLATION", "OFF-PROFILE", "LIMIT"]
ReasonKind = Literal[
    "calibration",  # the subject is not what its profile declares
    "checker-failed",
    "unreadable",  # a value is not what the mapping says it is
    "no-op-completed",
    "no-fault-landed",
    "orders-not-decided",  # in this world what arrives next is left to chance
    "never-exercised",
    "too-little-evidence",  # fewer runs, kinds or places of faults than the floor
    "not-claimed",  # what is required is not declared
    "never-quiet",  # so it is not known how the run ends
    "retention",  # records were deleted before they were read, so what lacks may be no fault of the subject
    "contradicted",  # other runs contradict what was blamed
    "harness-fault",  # a run of the harness failed, and with it the search
    "ended-early",  # the search was over once it had found what it was for
    "other",
]


class Verdict(IntEnum):
    """Worse is larger, so the worst one wins a merge."""

    CERTIFIED = 0
    UNKNOWN = 1
    VIOLATED = 2

    @staticmethod
    def merge(verdicts: Iterable[Verdict]) -> Verdict:
        """Return the worst one; of none, unknown."""
        return max(verdicts, default=Verdict.UNKNOWN)


class Reason(msgspec.Struct, frozen=True):
    """The reason why nothing can be said: a kind for programs to act on, and words for readers."""

    kind: ReasonKind
    text: str


class Promise(msgspec.Struct, frozen=True):
    """A statement that must hold. `anomalies` are the names its checker may give to a breach."""

    id: str
    title: str
    kind: PromiseKind
    anomalies: tuple[str, ...]
    source: str


class NotClaimed(msgspec.Struct, frozen=True):
    """A clause that no role of the subject plays: neither a pass nor a failure. `missing` would have to be declared."""

    promise: str
    clause: str
    missing: tuple[str, ...]


class Finding(msgspec.Struct, frozen=True):
    """A breach: which anomaly, in words, and the shortest list of event indices that shows it.

    The words are for readers only; programs read fields. `about` are the ids that the breach is about, as clients gave
    them (of an order, a key, an item). `cause` is a stable key of the habit that the checker blames, if it blames one.
    """

    promise: str
    anomaly: str
    message: str
    witness: tuple[int, ...]
    level: Level = "VIOLATION"
    off_profile: str = ""  # the profile that would allow it
    about: tuple[str, ...] = ()
    cause: str = ""


class Judgement(msgspec.Struct, frozen=True):
    """One promise in one history. `exercised` counts the times it could have been broken."""

    promise: str
    exercised: int
    findings: tuple[Finding, ...] = ()
    reason: Reason | None = None  # why nothing can be said, if so
    clauses: tuple[tuple[str, int], ...] = ()
    """How often each clause could have been broken; `exercised` is their sum."""

    @property
    def unknown(self) -> str:
        """The reason in words, or ""."""
        return "" if self.reason is None else self.reason.text

    @property
    def verdict(self) -> Verdict:
        if self.findings:
            return Verdict.VIOLATED
        if self.reason is not None or self.exercised == 0:
            return Verdict.UNKNOWN
        return Verdict.CERTIFIED
