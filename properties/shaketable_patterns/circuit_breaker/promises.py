"""The promises of a circuit breaker, CB-0 to CB-10, each with the names of the ways to break it."""

from __future__ import annotations

from shaketable.verdict import Promise

_SOURCE = "docs/specification/patterns.md, CB"

CB_0 = Promise(
    "CB-0",
    "an admitted call runs exactly once and its result is unchanged",
    "safety",
    (
        "double-run",
        "result-changed",
        "error-changed",
        "failure-swallowed",
        "success-lost",
        "cancellation-swallowed",
        "answered-without-running",
        "error-invented",
        "never-answered",
    ),
    _SOURCE,
)
CB_1 = Promise(
    "CB-1",
    "it trips when its condition holds over the recorded outcomes, and only then",
    "safety",
    ("did-not-trip", "tripped-early", "did-not-reopen", "reopened-early", "trips-without-minimum"),
    _SOURCE,
)
CB_2 = Promise(
    "CB-2",
    "OPEN never closes directly; HALF_OPEN closes only on results of its own era",
    "safety",
    (
        "closed-from-stale-success",
        "closed-from-stale-probe",
        "half-open-took-stale-result",
        "closed-too-early",
    ),
    _SOURCE,
)
CB_3 = Promise(
    "CB-3",
    "half-open admits no more than the permitted calls",
    "safety",
    ("half-open-overadmission",),
    _SOURCE,
)
CB_4 = Promise(
    "CB-4",
    "no call is admitted before the wait is over",
    "safety",
    ("admitted-before-wait",),
    _SOURCE,
)
CB_5 = Promise(
    "CB-5",
    "outcomes outside the window or from before the last close have no influence",
    "safety",
    ("outcome-from-before-close-counted", "outcome-outside-window-counted", "opened-by-stale-probe"),
    _SOURCE,
)
CB_6 = Promise(
    "CB-6",
    "monotone: turning a success into a failure never admits more",
    "safety",
    ("more-failures-admitted-more",),
    _SOURCE,
)
CB_7 = Promise(
    "CB-7",
    "cancelled calls and excluded exceptions record nothing and return their permit",
    "safety",
    (
        "permit-leaked",
        "cancelled-counted-as-success",
        "cancelled-probe-closed",
        "cancelled-counted-as-failure",
        "excluded-counted-as-success",
        "excluded-counted-as-failure",
    ),
    _SOURCE,
)
CB_8 = Promise(
    "CB-8",
    "after everything healed it is closed within its wait and its permitted calls",
    "liveness",
    (
        "stuck-open",
        "stuck-half-open",
        "stuck-waiting",
        "probe-refused",
        "did-not-close",
        "wait-restarted",
        "wait-follows-wall-clock",
    ),
    _SOURCE,
)
CB_9 = Promise(
    "CB-9",
    "listeners cannot change behaviour",
    "safety",
    ("listener-changed-behaviour", "listener-changed-result"),
    _SOURCE,
)
CB_10 = Promise(
    "CB-10",
    "closed adds no mutual exclusion; open rejects at once",
    "safety",
    ("blocked-by-another-call", "open-did-not-reject-at-once", "half-open-blocked"),
    _SOURCE,
)

PROMISES = (CB_0, CB_1, CB_2, CB_3, CB_4, CB_5, CB_6, CB_7, CB_8, CB_9, CB_10)

ANOMALIES = frozenset(anomaly for promise in PROMISES for anomaly in promise.anomalies)
"""The names of all ways to break one of them."""
