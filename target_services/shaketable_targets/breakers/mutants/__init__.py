"""The reference breaker with one mistake each, of the kind people make."""

from __future__ import annotations

from shaketable_targets.breakers.mutants import calls, counting, permits, states
from shaketable_targets.breakers.reference import CircuitBreaker

MUTANTS: tuple[tuple[type[CircuitBreaker], str], ...] = (
    (calls.RetriesOnce, "CB-0"),
    (calls.ReportsFailureAsRefusal, "CB-0"),
    (counting.MinimumAboveWindow, "CB-1"),
    (counting.BeyondThreshold, "CB-1"),
    (counting.IgnoresSlowCalls, "CB-1"),
    (states.LateSuccessCloses, "CB-2"),
    (states.FirstSuccessCloses, "CB-2"),
    (permits.ProbesWithoutLimit, "CB-3"),
    (permits.ReturnsForeignPermits, "CB-3"),
    (permits.PermitAfterRunning, "CB-3"),
    (states.WaitFromFirstFailure, "CB-4"),
    (states.WaitInHundredths, "CB-4"),
    (counting.RemembersBeforeClose, "CB-5"),
    (counting.NeverForgets, "CB-5"),
    (counting.NoSuccessNoData, "CB-6"),
    (permits.LeaksPermits, "CB-7"),
    (calls.CancellationIsFailure, "CB-7"),
    (calls.IgnoredIsSuccess, "CB-7"),
    (calls.NothingIsIgnored, "CB-7"),
    (states.RefusalRestartsWait, "CB-8"),
    (permits.PermitsAreNotRenewed, "CB-8"),
    (calls.ListenerMayVeto, "CB-9"),
    (calls.OneAtATime, "CB-10"),
    (calls.SwallowsCancellation, "CB-0"),
    (calls.SleepsWhileOpen, "CB-10"),
    (counting.TumblingWindow, "CB-1"),
    (counting.WindowOneMore, "CB-1"),
    (counting.SuccessForgives, "CB-1"),
    (counting.LastProbeDecides, "CB-1"),
    (counting.KeepsProbeResults, "CB-1"),
    (permits.OnePermitTooMany, "CB-3"),
    (states.LateFailureRestartsWait, "CB-8"),
)
"""Each mutant and the promise that must kill it."""
