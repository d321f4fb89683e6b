"""What a verifier is told once: whose tokens it takes, for whom, and how strictly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Settings:
    """Allowed algorithms, issuer, audience, required claims; how far clocks may differ, how long an old key is good, how long a token may be."""

    algorithms: tuple[str, ...]
    issuer: str
    audience: str
    required: tuple[str, ...]
    leeway_s: int
    grace_s: int
    max_bytes: int


class Clock(Protocol):
    """The wall clock, in seconds."""

    def time_s(self) -> float: ...


class Refused(Exception):
    """The token is not accepted; the message says why, for a log, and never for the caller."""
