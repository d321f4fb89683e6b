"""The semaphore bulkhead: promises BH-1, BH-2 and BH-5, how they are tried and judged, and the shipped bulkheads.

Read in this order: `profile`, `promises`; how bulkheads are tried: `machine`, `recovery`, `calibration`; how a history is
judged: `facts`, then `running` (BH-1), `permits` (BH-2), `rejections` (BH-5), listed by `rules`; put together: `kind`,
`subjects`.
"""
