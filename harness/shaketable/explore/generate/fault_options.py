"""How many faults a generated run may have, and how long they last."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaultOptions:
    """Limits and durations from which machines draw faults.

    A message is held for one of `holds_ms`; a process that crashes at a message stays down for one of `down_ms`.
    Faults of services and links are fewer than those of messages, as each affects everything for a while.
    """

    message_faults_max: int = 4
    service_and_link_faults_max: int = 2
    holds_ms: tuple[int, ...] = (20, 200, 1_000, 3_000)
    down_ms: tuple[int, ...] = (100, 1_000, 5_000)


DEFAULT_FAULT_OPTIONS = FaultOptions()
