"""The reference limiters with one mistake each, of the kind people make. The docstring is the mistake."""

from __future__ import annotations

from shaketable_targets.rate_limiters.mutants import in_process, on_store, waiting
from shaketable_targets.rate_limiters.store_limiter import StoreLimiter
from shaketable_targets.rate_limiters.token_buckets import TokenBuckets
from shaketable_targets.rate_limiters.waiting_bucket import WaitingBucket

IN_PROCESS: tuple[tuple[type[TokenBuckets], str], ...] = (
    (in_process.FillsBeyondTheBurst, "RL-1"),
    (in_process.FillsUpAtOnce, "RL-1"),
    (in_process.ForgetsBusyKeys, "RL-1"),
    (in_process.TakesFromTheRefused, "RL-2"),
    (in_process.LosesFractions, "RL-3"),
    (in_process.RefillsBySeconds, "RL-3"),
    (in_process.GoesByTheWallClock, "RL-5"),
    (in_process.SharesOneBucket, "RL-6"),
)
WAITING: tuple[tuple[type[WaitingBucket], str], ...] = (
    (waiting.ReservesForTheCancelled, "RL-2"),
    (waiting.StopsAtTheCancelled, "RL-3"),
    (waiting.SleepsThenGoes, "RL-4"),
)
ON_STORE: tuple[tuple[type[StoreLimiter], str], ...] = (
    (on_store.ReadsThenWrites, "RL-4"),
    (on_store.CountsForItself, "RL-4"),
    (on_store.SendsItsOwnTime, "RL-5"),
    (on_store.ExpiresTooSoon, "RL-1"),
    (on_store.OpensWithoutStore, "RL-6"),
    (on_store.RaisesWithoutStore, "RL-6"),
)
"""Each mutant and the promise that must kill it."""
