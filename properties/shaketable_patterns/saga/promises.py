"""The promises of the saga, SG-1 to SG-8."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, SG"

CONSERVATION = Promise(
    "SG-1",
    "when all is quiet, a confirmed order has one charge and one reservation, a cancelled one neither",
    "liveness",
    (
        "money-kept",
        "stock-leaked",
        "step-left-standing",
        "confirmed-without-charge",
        "confirmed-without-stock",
        "ended-without-step",
    ),
    _SOURCE,
)
NEVER_OVERACT = Promise(
    "SG-2",
    "at every moment an order is charged at most once, refunded at most what was charged, and stock adds up",
    "safety",
    (
        "double-charge",
        "refund-before-charge",
        "over-refund",
        "partial-charge",
        "double-reservation",
        "partial-reservation",
        "step-done-twice",
        "undone-before-done",
        "undone-too-much",
        "step-done-in-part",
        "oversold",
        "stock-not-conserved",
    ),
    _SOURCE,
)
REVERSE_ORDER = Promise(
    "SG-3",
    "compensation undoes the steps in reverse order, as a change of state and never as a DELETE",
    "safety",
    ("compensated-out-of-order", "compensated-by-delete", "failed-step-compensated"),
    _SOURCE,
)
TERMINAL_IS_FINAL = Promise(
    "SG-4",
    "a terminal status is final, nothing goes forward after compensation began, and no order ends early",
    "safety",
    (
        "illegal-transition",
        "forward-after-compensation",
        "confirmed-without-reservation",
        "cancelled-before-refund",
        "ended-before-step",
        "ended-before-undo",
        "went-on-after-failed-compensation",
    ),
    _SOURCE,
)
TERMINATES = Promise(
    "SG-5",
    "after the faults heal every order ends, or waits among the dead letters with an alert",
    "liveness",
    (
        "stranded-saga",
        "redriven-in-vain",
        "lost-order",
        "compensation-abandoned",
        "stopped-at-failed-compensation",
    ),
    _SOURCE,
)
ISOLATED = Promise(
    "SG-6",
    "every effect carries the data of its own order, and two instances of a service never double one",
    "safety",
    ("crossed-sagas", "effect-for-nobody", "doubled-by-instances", "written-by-two"),
    _SOURCE,
)
ORDER_INDEPENDENT = Promise(
    "SG-7",
    "duplicated and reordered events lead to the same final state",
    "liveness",
    ("contradictory-outcomes", "duplicate-changed-state"),
    _SOURCE,
)
RESUMES = Promise(
    "SG-8",
    "a saga that was under way when its orchestrator crashed goes on from where it was",
    "liveness",
    ("not-resumed", "undo-not-resumed"),
    _SOURCE,
)
