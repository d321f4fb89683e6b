"""The semaphore bulkhead: promises BH-1 to BH-5, how they are tried and judged, and the shipped bulkheads.

Read in this order: `profile`, `promises`; how bulkheads are tried: `machine`, `recovery`, `calibration`; how a history is
judged: `facts`, then `concurrency_limit` (BH-1), `permits` (BH-2), `queue` (BH-3, BH-4), `rejections` (BH-5), listed by `clauses`; put together: `kind`,
`subjects`.
"""
