"""The idempotency store: promises IS-1 to IS-5 (ID as one object), how stores are tried and judged, and the shipped ones.

Read in this order: `profile`, `promises`; how stores are tried: `machine`, `recovery`, `calibration`; how a history is judged: `uses`, then
`clauses`; put together: `kind`, `subjects`. The same promises over rows and answers of services are those of `shaketable_patterns.idempotency`.
"""
