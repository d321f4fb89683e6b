"""The rate limiter: promises RL-1 to RL-6, how limiters are tried and judged, and the shipped ones.

Read in this order: `profile`, `promises`; how limiters are tried: `machine`, `recovery`, `calibration`; how a history is judged:
`takings` (who took what, and when at the earliest and the latest), the laws (`law`, `bucket_law`, `window_laws`), then
`admissions` (RL-1, RL-4, RL-5), `refusals` (RL-2, RL-3, RL-5, RL-6), `store_loss` (RL-6), listed by `clauses`; put
together: `kind`, `libraries`, `subjects`.
"""
