"""The distributed lock with a lease: promises LK-1 to LK-10, how locks are tried and judged, and the shipped locks.

Read in this order: `profile`, `promises`; how locks are tried: `machine`, `recovery`, `calibration`; how a history is judged:
`tenures`, then `exclusion` (LK-1, LK-8, LK-10), `ownership` (LK-2, LK-3), `renewal` (LK-4), `freeing` (LK-5, LK-7), `store`
(LK-6), `fencing` (LK-9), listed by `clauses`; put together: `kind`, `subjects`.
"""
