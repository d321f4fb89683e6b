"""The reference bulkheads with one mistake each, of the kind people make. The docstring is the mistake."""

from __future__ import annotations

from shaketable_targets.bulkheads.asyncio_bulkhead import AsyncBulkhead
from shaketable_targets.bulkheads.mutants import in_asyncio, in_threads
from shaketable_targets.bulkheads.thread_bulkhead import ThreadBulkhead

ASYNCIO_MUTANTS: tuple[tuple[type[AsyncBulkhead], str], ...] = (
    (in_asyncio.OneTooMany, "BH-1"),
    (in_asyncio.ReleasesTwice, "BH-1"),
    (in_asyncio.ReleasesWhatItNeverTook, "BH-1"),
    (in_asyncio.LeaksOnException, "BH-2"),
    (in_asyncio.LeaksOnCancellation, "BH-2"),
    (in_asyncio.LeaksWhenCancelledWaiting, "BH-2"),
    (in_asyncio.LeaksOnTimeout, "BH-2"),
    (in_asyncio.CountsRejected, "BH-2"),
    (in_asyncio.MiscountsRunning, "BH-2"),
    (in_asyncio.EvictsTheOldest, "BH-3"),
    (in_asyncio.WaitsAnew, "BH-3"),
    (in_asyncio.WakesNobody, "BH-4"),
    (in_asyncio.OneTooFew, "BH-5"),
    (in_asyncio.DoesNotWait, "BH-5"),
)
THREAD_MUTANTS: tuple[tuple[type[ThreadBulkhead], str], ...] = (
    (in_threads.RunsAfterTimeout, "BH-1"),
    (in_threads.ThreadLeaksOnException, "BH-2"),
    (in_threads.ThreadLeaksOnTimeout, "BH-2"),
    (in_threads.ThreadWakesNobody, "BH-4"),
    (in_threads.KeepsOneForItself, "BH-5"),
)
"""Each mutant and the promise that must kill it."""
