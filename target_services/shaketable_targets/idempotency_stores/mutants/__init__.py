"""The reference stores with one mistake each, of the kind people make. The docstring is the mistake."""

from __future__ import annotations

from shaketable_targets.idempotency_stores.mutants import asyncio_workers, workers
from shaketable_targets.idempotency_stores.once import Once
from shaketable_targets.idempotency_stores.once_asyncio import AsyncOnce

MUTANTS: tuple[tuple[type[Once], str], ...] = (
    (workers.TakesFalseForAbsent, "IS-1"),
    (workers.KeepsForALease, "IS-1"),
    (workers.AnswersByPayload, "IS-1"),
    (workers.LooksThenBegins, "IS-2"),
    (workers.SavesAfterwards, "IS-2"),
    (workers.TakesSilenceForNew, "IS-2"),
    (workers.ReclaimsTheLive, "IS-2"),
    (workers.CompletesAnyOwner, "IS-3"),
    (workers.ReleasesAnyOwner, "IS-3"),
    (workers.ReleasesWhenRefused, "IS-3"),
    (workers.NeverExpires, "IS-4"),
    (workers.KeepsWhatFailed, "IS-4"),
    (workers.ForgetsThePayload, "IS-5"),
    (workers.KeysByPayload, "IS-5"),
)
ASYNCIO_MUTANTS: tuple[tuple[type[AsyncOnce], str], ...] = (
    (asyncio_workers.HeartbeatDies, "IS-2"),
    (asyncio_workers.HeartbeatRenewsAnyOwner, "IS-1"),
    (asyncio_workers.HeartbeatOutlivesItsWork, "IS-4"),
    (asyncio_workers.ReleasesOnlyErrors, "IS-4"),
)
"""Each mutant and the promise that must kill it."""
