"""Ways to be different that have a name: another setting of a knob (OFF-PROFILE) or a known mistake (VIOLATION).

When a breaker does what the declared model cannot, the history is replayed under each of these; the one that
explains it best names the anomaly. A setting some profile allows is preferred to a mistake.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from shaketable.verdict import Level, Promise
from shaketable_patterns.circuit_breaker.profile import Knobs
from shaketable_patterns.circuit_breaker.promises import CB_1, CB_2, CB_3, CB_4, CB_5, CB_7, CB_8, CB_9


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis:
    """If the breaker had these knobs and quirks, its behaviour would follow."""

    promise: Promise
    anomaly: str
    message: str
    knobs: dict[str, object] = field(default_factory=dict)
    quirks: frozenset[str] = frozenset()
    of_probe: str = ""
    """The anomaly's name when it befell a half-open call, if it has one of its own."""
    needs: str = ""
    """A trait without which the history cannot tell it from the model (see `traits_of`)."""
    partly: str = ""
    """The setting that it follows in part: lenient all the same, though no knob says it."""
    joins: bool = False
    """It may be one of many in a breaker with many oddities."""
    easy: bool = False
    """It is about nothing in particular, and explains much too easily."""

    @property
    def key(self) -> str:
        """Its name in the `cause` of a finding: the settings and quirks that it assumes; no two have the same."""
        settings = [f"{knob}={value}" for knob, value in self.knobs.items()]
        return ", ".join([*settings, *sorted(self.quirks)])

    @property
    def mistake(self) -> bool:
        """Whether no profile allows it."""
        return bool(self.quirks) and not self.partly

    @property
    def level(self) -> Level:
        return "VIOLATION" if self.mistake else "OFF-PROFILE"

    @property
    def off_profile(self) -> str:
        if self.partly or self.mistake:
            return self.partly
        return ", ".join(f"{knob}={value}" for knob, value in self.knobs.items())

    def possible(self, knobs: Knobs, quirks: frozenset[str], traits: frozenset[str]) -> bool:
        """Whether trying it can explain anything new."""
        if self.needs and self.needs not in traits:
            return False
        if self.quirks:
            return not self.quirks <= quirks
        return any(getattr(knobs, knob) != value for knob, value in self.knobs.items())

    def applied(self, knobs: Knobs) -> Knobs:
        return msgspec.structs.replace(knobs, **self.knobs) if self.knobs else knobs


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
        joins=True,
    ),
    Hypothesis(
        CB_2,
        "half-open-took-stale-result",
        "a result from an earlier era decided the half-open state",
        {"stale": "count"},
        needs="late",
        joins=True,
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
        joins=True,
    ),
    Hypothesis(
        CB_7,
        "cancelled-counted-as-failure",
        "a cancelled call was recorded as a failure",
        {"cancelled": "failure"},
        needs="cancelled",
        joins=True,
    ),
    Hypothesis(
        CB_8,
        "wait-restarted",
        "a failure that arrived late began the wait anew",
        {"late_failure_extends_open": True},
        needs="late",
        joins=True,
    ),
    Hypothesis(
        CB_4,
        "admitted-before-wait",
        "a failure that arrived late did not begin the wait anew",
        {"late_failure_extends_open": False},
        needs="late",
        joins=True,
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
        CB_1, "did-not-trip", "it trips only beyond its threshold, not at it", {"compare": ">"}, easy=True
    ),
    Hypothesis(
        CB_1, "tripped-early", "it trips at its threshold, not only beyond it", {"compare": ">="}, easy=True
    ),
    Hypothesis(
        CB_8,
        "did-not-close",
        "results from an earlier era were not counted",
        {"stale": "ignore"},
        needs="late",
    ),
)


_JOINING = frozenset(
    {
        "listener-loses-transition",
        "listener-loses-outcome",
        "cancelled-is-success",
        "success-closes-open",
        "stale-probe-ok",
        "stale-probe-fail",
    }
)
_EASY = frozenset(
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
        joins=quirk in _JOINING,
        easy=quirk in _EASY,
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
        "excluded-counted-as-failure",
        "an excluded exception was recorded as a failure",
        "excluded-is-failure",
        "excluded",
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
    _mistake(CB_1, "trips-without-minimum", "it judged a rate of too few outcomes", "no-minimum", ""),
)

HYPOTHESES = (
    tuple(h for h in _MISTAKES if h.needs == "raised")
    + _SETTINGS
    + tuple(h for h in _MISTAKES if h.needs != "raised")
)
