"""The circuit breaker: promises CB-0 to CB-10, the model that decides most of them, and the shipped breakers.

Read in this order. What is declared and promised: `profile`, `promises`. How breakers are tried: `machine`,
`calibration`. How a history is judged: `facts`, `model` with its `window`, `replay`, the folder `diagnosis`, and for
promises that need more than a replay `results` (CB-0, CB-9), `monotone` (CB-6), `recovery` (CB-8), `waiting` (CB-10);
`checkers` lists all. Put together: `kind`, `subjects`, `libraries`.
"""
