"""How many faults a generated run may have, and their sizes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaultOptions:
    """Limits, durations and sizes from which machines draw faults (`shaketable.explore.generate.drawn_faults`).

    Faults of services and links are fewer than those of messages, as each affects everything for a while.
    """

    message_faults_max: int = 4
    service_and_link_faults_max: int = 2
    holds_ms: tuple[int, ...] = (20, 200, 1_000, 3_000)
    """How long a message is held."""
    down_ms: tuple[int, ...] = (100, 1_000, 5_000)
    """How long a process that crashes at a message stays down."""
    statuses: tuple[int, ...] = (503, 500, 502)
    """What an HTTP request is answered instead of being passed on, or after it was."""
    sqlstates: tuple[str, ...] = ("40001", "40P01", "57014", "25P03", "57P01")
    """The errors with which a transaction is rolled back (`shaketable.faults.transactions.CONDITIONS`)."""
    outages_ms: tuple[int, ...] = (100, 1_000, 5_000)
    """How long a party that crashes, restarts or stands still is away."""
    link_faults_ms: tuple[int, ...] = (100, 1_000, 5_000, 15_000)
    """How long a fault of a link lasts."""
    key_shares: tuple[int, ...] = (2, 3)
    """Into how many shares the keys of a cache are divided, of which one is lost."""
    lost_shares: tuple[int, ...] = (0, 1, 2)
    kept_records: tuple[int, ...] = (0, 1, 2)
    """How many records of a partition outlive its retention."""
    clock_steps_ms: tuple[int, ...] = (-10_000, 1_000, 10_000)
    delays_ms: tuple[int, ...] = (100, 1_200)
    """How much later a leg arrives, the end of a connection is told, or a new connection is reset."""
    rates_kb_s: tuple[int, ...] = (1, 20)
    slices_bytes: tuple[int, ...] = (16, 1_000)
    slice_delays_us: tuple[int, ...] = (1_000, 50_000)
    limits_bytes: tuple[int, ...] = (200, 2_000)
    """How much passes of a connection before it ends: within a first request or answer, or some messages later."""
    waits_per_heal: int = 6
    """One of so many waits of a run with a fault in force ends in a heal of everything; 0: none does."""


DEFAULT_FAULT_OPTIONS = FaultOptions()
