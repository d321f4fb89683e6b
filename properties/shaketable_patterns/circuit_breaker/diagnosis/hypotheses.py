"""All hypotheses: other settings of a knob (OFF-PROFILE) and known mistakes (VIOLATION).

When a breaker does what the declared model cannot, the history is replayed under these. What alone explains the whole of
it names the anomaly; it remains a guess at the cause.
"""

from __future__ import annotations

from shaketable.verdict import Promise
from shaketable_patterns.circuit_breaker.diagnosis.hypothesis import Hypothesis
from shaketable_patterns.circuit_breaker.promises import CB_1, CB_2, CB_3, CB_4, CB_5, CB_7, CB_8, CB_9
from shaketable_patterns.circuit_breaker.states import CLOSED, HALF_OPEN, StateName

_SETTINGS = (
    Hypothesis(
        CB_3,
        "half-open-overadmission",
        "half-open counts its calls in flight, not all it admits",
        {"half_open_limit": "concurrent"},
        needs="half_open",
    ),
    Hypothesis(
        CB_3,
        "half-open-overadmission",
        "half-open admits without limit",
        {"half_open_limit": "unlimited"},
        needs="half_open",
    ),
    Hypothesis(
        CB_2,
        "half-open-took-stale-result",
        "a result from an earlier era decided the half-open state",
        {"stale": "count"},
        needs="late",
    ),
    Hypothesis(
        CB_2,
        "half-open-took-stale-result",
        "a failure from an earlier era decided the half-open state, as a success does not",
        {"stale": "ignore"},
        frozenset({"stale-failures"}),
        needs="late",
        partly="stale=count",
    ),
    Hypothesis(
        CB_2,
        "closed-too-early",
        "the first success closed it",
        {"close_on": "first_success"},
        needs="half_open",
    ),
    Hypothesis(
        CB_7,
        "excluded-counted-as-success",
        "an excluded exception was recorded as a success",
        {"excluded": "success"},
        needs="excluded",
    ),
    Hypothesis(
        CB_7,
        "excluded-counted-as-failure",
        "an excluded exception was recorded as a failure",
        {"excluded": "failure"},
        needs="excluded",
    ),
    Hypothesis(
        CB_7,
        "cancelled-counted-as-failure",
        "a cancelled call was recorded as a failure",
        {"cancelled": "failure"},
        needs="cancelled",
    ),
    Hypothesis(
        CB_8,
        "wait-restarted",
        "a failure that arrived late began the wait anew",
        {"late_failure_extends_open": True},
        needs="late",
    ),
    Hypothesis(
        CB_4,
        "admitted-before-wait",
        "a failure that arrived late did not begin the wait anew",
        {"late_failure_extends_open": False},
        needs="late",
    ),
    Hypothesis(
        CB_8,
        "did-not-close",
        "a success that arrived after the wait counted nothing",
        {"leaves_open": "lazily"},
        needs="late",
    ),
    Hypothesis(
        CB_2,
        "half-open-took-stale-result",
        "it left open by itself, and a result from an earlier era decided",
        {"leaves_open": "automatic"},
        needs="late",
    ),
    Hypothesis(CB_1, "did-not-trip", "slow calls do not open it", {"slow_rate_threshold": 0}, needs="slow"),
    Hypothesis(
        CB_1,
        "did-not-trip",
        "it trips only beyond its threshold, not at it",
        {"compare": ">"},
        unspecific=True,
    ),
    Hypothesis(
        CB_1,
        "tripped-early",
        "it trips at its threshold, not only beyond it",
        {"compare": ">="},
        unspecific=True,
    ),
    Hypothesis(
        CB_8,
        "did-not-close",
        "results from an earlier era were not counted",
        {"stale": "ignore"},
        needs="late",
    ),
)


_UNSPECIFIC = frozenset(
    {"keeps-window", "endless-window", "closes-whatever", "never-trips", "no-wait", "no-minimum"}
)


def _mistake(
    promise: Promise, anomaly: str, message: str, quirk: str, needs: str, of_probe: str = ""
) -> Hypothesis:
    return Hypothesis(
        promise,
        anomaly,
        message,
        quirks=frozenset({quirk}),
        needs=needs,
        of_probe=of_probe,
        unspecific=quirk in _UNSPECIFIC,
    )


_MISTAKES = (
    _mistake(
        CB_9,
        "listener-changed-behaviour",
        "a listener raised, and the transition it was told of did not happen",
        "listener-loses-transition",
        "raised",
    ),
    _mistake(
        CB_9,
        "listener-changed-behaviour",
        "a listener raised, and the outcome being recorded was lost",
        "listener-loses-outcome",
        "raised",
    ),
    _mistake(
        CB_7,
        "cancelled-counted-as-success",
        "a cancelled call was recorded as a success",
        "cancelled-is-success",
        "cancelled",
        "cancelled-probe-closed",
    ),
    _mistake(
        CB_7,
        "permit-leaked",
        "a call that recorded nothing did not return its permit",
        "permit-leaks",
        "half_open",
    ),
    _mistake(
        CB_3,
        "half-open-overadmission",
        "a call that never took a permit of this era returned one",
        "foreign-permit-returned",
        "late",
    ),
    _mistake(
        CB_2,
        "closed-from-stale-probe",
        "the success of a probe from an earlier era closed it, whatever its state was by then",
        "stale-probe-ok",
        "late",
    ),
    _mistake(
        CB_5,
        "opened-by-stale-probe",
        "the failure of a probe from an earlier era opened it, whatever its state was by then",
        "stale-probe-fail",
        "late",
    ),
    _mistake(
        CB_2,
        "closed-from-stale-success",
        "OPEN closed because a call admitted before it opened succeeded",
        "success-closes-open",
        "late",
        "closed-from-stale-probe",
    ),
    _mistake(
        CB_5,
        "outcome-from-before-close-counted",
        "outcomes recorded before the last close still counted",
        "keeps-window",
        "half_open",
    ),
    _mistake(
        CB_5,
        "outcome-outside-window-counted",
        "outcomes that had left the window still counted",
        "endless-window",
        "",
    ),
    _mistake(
        CB_8, "wait-restarted", "a rejected call began the wait anew", "rejection-restarts-wait", "rejected"
    ),
    _mistake(CB_1, "did-not-reopen", "its probes failed and it closed", "closes-whatever", "half_open"),
    _mistake(CB_1, "did-not-trip", "its trip condition held and it did not open", "never-trips", "plain"),
    _mistake(CB_4, "admitted-before-wait", "it admitted a call before its wait was over", "no-wait", ""),
    _mistake(
        CB_8,
        "wait-follows-wall-clock",
        "it measured its wait with the wall clock, which was set",
        "wall-clock",
        "clock_step",
    ),
    _mistake(CB_1, "trips-without-minimum", "it judged a rate of too few outcomes", "no-minimum", ""),
)


def _in_one_state(outcome: str, counted: str, state: StateName) -> Hypothesis:
    """Return the mistake that an outcome counts as something in one state only: no knob says that."""
    said = {"excluded": "an excluded exception", "cancelled": "a cancelled call"}[outcome]
    return _mistake(
        CB_7,
        f"{outcome}-counted-as-{counted}",
        f"{said} was recorded as a {counted} while {state.replace('_', '-')}, and only then",
        f"{outcome}-is-{counted}@{state}",
        outcome,
        "cancelled-probe-closed" if (outcome, counted) == ("cancelled", "success") else "",
    )


_IN_ONE_STATE = tuple(
    _in_one_state(outcome, counted, state)
    for outcome in ("excluded", "cancelled")
    for counted in ("success", "failure")
    for state in (CLOSED, HALF_OPEN)
)

HYPOTHESES = (
    tuple(h for h in _MISTAKES if h.needs == "raised")
    + _SETTINGS
    + tuple(h for h in _MISTAKES if h.needs != "raised")
    + _IN_ONE_STATE
)
