"""The reference retries with one mistake each, of the kind people make. The docstring is the mistake."""

from __future__ import annotations

from shaketable_targets.retries.asyncio_retry import AsyncRetry
from shaketable_targets.retries.mutants import in_asyncio, in_threads, of_policy
from shaketable_targets.retries.policy import Policy
from shaketable_targets.retries.thread_retry import ThreadRetry

POLICIES: tuple[tuple[type[Policy], str], ...] = (
    (of_policy.TriesOnceMore, "RT-1"),
    (of_policy.SharesItsCount, "RT-1"),
    (of_policy.AddsBeyondTheLongest, "RT-2"),
    (of_policy.GoesOnAtOnce, "RT-2"),
    (of_policy.ForgetsTheWait, "RT-4"),
    (of_policy.GoesByTheWallClock, "RT-4"),
    (of_policy.RepeatsTheUnknown, "RT-6"),
)
ASYNCIO_MUTANTS: tuple[tuple[type[AsyncRetry], str], ...] = (
    (in_asyncio.RepeatsWhatIsFalse, "RT-1"),
    (in_asyncio.CatchesCancellation, "RT-3"),
    (in_asyncio.ShieldsItsWait, "RT-2"),
    (in_asyncio.RepeatsAnyException, "RT-3"),
    (in_asyncio.LooksBeforeTheAttempt, "RT-4"),
    (in_asyncio.RaisesTheFirst, "RT-5"),
)
THREAD_MUTANTS: tuple[tuple[type[ThreadRetry], str], ...] = (
    (in_threads.ReturnsNothing, "RT-5"),
    (in_threads.AsksWhetherItIsTrue, "RT-5"),
    (in_threads.CatchesAll, "RT-3"),
)
"""Each mutant and the promise that must kill it."""
