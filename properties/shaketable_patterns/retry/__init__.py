"""The retry: promises RT-1 to RT-6, how retries are tried and judged, and the shipped ones.

Read in this order: `profile`, `promises`; how retries are tried: `machine`, `recovery`, `calibration`; how a history is judged:
`attempts` (the facts), `counting` (RT-1), `waits` (RT-2), `selection` (RT-3, RT-6), `budget` (RT-4), `outcomes` (RT-5), listed by
`clauses`; put together: `kind`, `libraries`, `subjects`.
"""
