"""The token verifier: promises TV-1 to TV-8 (GW-1 as one object), how verifiers are tried and judged, and the shipped ones.

Read in this order: `profile`, `promises`; what is presented: `keys`, `mint`, `situations`, `presenting_adapter`; how verifiers are tried:
`machine`, `calibration`; how a history is judged: `key_sets`, `facts`, `clauses`; put together: `kind`, `subjects`.
"""
