"""Three verdicts, three levels, and what a checker says. No evidence is unknown, never a pass."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Literal

import msgspec

PromiseKind = Literal["safety", "liveness"]
Level = Literal["VIOLATION", "OFF-PROFILE", "LIMIT"]


class Verdict(IntEnum):
    """Worse is larger, so the worst one wins a merge."""

    CERTIFIED = 0
    UNKNOWN = 1
    VIOLATED = 2

    @staticmethod
    def merge(verdicts: Iterable[Verdict]) -> Verdict:
        """The worst one; of none, unknown."""
        return max(verdicts, default=Verdict.UNKNOWN)


class Promise(msgspec.Struct, frozen=True):
    """What must hold. `anomalies` are the names its checker may give to a breach."""

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
    """A breach: which anomaly, in words, and the shortest list of event indices that shows it."""

    promise: str
    anomaly: str
    message: str
    witness: tuple[int, ...]
    level: Level = "VIOLATION"
    off_profile: str = ""  # the profile that would allow it


class Judgement(msgspec.Struct, frozen=True):
    """One promise in one history. `exercised` counts the times it could have been broken."""

    promise: str
    exercised: int
    findings: tuple[Finding, ...] = ()
    unknown: str = ""  # why nothing can be said, if so

    @property
    def verdict(self) -> Verdict:
        if self.findings:
            return Verdict.VIOLATED
        if self.unknown or self.exercised == 0:
            return Verdict.UNKNOWN
        return Verdict.CERTIFIED
