"""One variant of the order system, and the families that variants belong to."""

from __future__ import annotations

from dataclasses import dataclass

from shaketable.profile import Profile
from shaketable.subject import System

SAGA = "order-saga"
OUTBOX = "order-outbox"
CONSUMER = "order-consumer"
DEAD_LETTERS = "order-dead-letters"


@dataclass(frozen=True, slots=True)
class Target:
    """One variant: everything a Subject needs except its pattern and what is expected of it."""

    family: str
    system: System
    profile: Profile
    summary: str
    mutant_of: str = ""
    kills: tuple[str, ...] = ()
