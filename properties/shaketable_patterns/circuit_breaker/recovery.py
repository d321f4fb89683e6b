"""CB-8: after the heal a breaker closes within its wait and its permitted calls. The steps that show it, and what they showed."""

from __future__ import annotations

from shaketable.history import History
from shaketable.schedule import Do, Step, Wait
from shaketable.verdict import Finding
from shaketable_patterns.circuit_breaker.diagnosis.diagnosis import Diagnosis
from shaketable_patterns.circuit_breaker.facts import PROBE_FIRST, TAIL_FIRST, Call, Facts, facts_of
from shaketable_patterns.circuit_breaker.profile import Knobs
from shaketable_patterns.circuit_breaker.promises import CB_8
from shaketable_patterns.circuit_breaker.states import CLOSED, OPEN, TOLERANCE_MS

ROUNDS = 3
"""Results still in the window when everything heals can open the breaker once more, and a half-open era that
already failed reopens: each costs one more wait."""


def recovery_of(knobs: Knobs) -> tuple[Step, ...]:
    """Return the steps of a patient caller.

    Three times it waits and makes as many successful calls as close the breaker; then one call more than half-open
    permits, all in flight together, which only a closed breaker admits.
    """
    steps: list[Step] = []
    for turn in range(ROUNDS):
        steps.append(Wait(knobs.wait_ms + TOLERANCE_MS + 1))
        for place in range(knobs.probes_to_close):
            number = PROBE_FIRST + turn * 1_000 + place
            steps += [Do("start", {"call": number}), Do("finish", {"call": number, "with": "ok"})]
    tail = range(TAIL_FIRST, TAIL_FIRST + max(1, knobs.half_open_permits) + 1)
    steps += [Do("start", {"call": number}) for number in tail]
    steps += [Do("finish", {"call": number, "with": "ok"}) for number in tail]
    return tuple(steps)


class Recovery:
    """The outcome of the recovery. `exercised` is 0 when it did not take place or could not show anything."""

    __slots__ = ("exercised", "findings")

    def __init__(self, history: History, diagnosis: Diagnosis) -> None:
        calls = facts_of(history).calls
        tail = [call for number, call in calls.items() if number >= TAIL_FIRST]
        probes = [call for number, call in calls.items() if PROBE_FIRST <= number < TAIL_FIRST]
        self.exercised = 0
        self.findings: tuple[Finding, ...] = ()
        refused = [call for call in tail if call.admitted < 0]
        facts = facts_of(history)
        excused = _struck_late(facts, probes) if facts.struck >= 0 else _model_agrees(diagnosis, probes)
        if not tail or (refused and excused):
            return
        self.exercised = 1
        if refused:
            self.findings = (_stuck(probes, refused),)


def _struck_late(facts: Facts, probes: list[Call]) -> bool:
    """Tell whether a call that met a fault at a fault point ended in the recovery: its result may have opened it again.

    The model cannot say what a breaker is after such a fault; that it closes once all is well holds all the same.
    """
    begun = probes[0].invoked if probes else 0
    return any(
        call.struck >= 0 and (call.completion is None or call.completion.index > begun)
        for call in facts.calls.values()
    )


def _model_agrees(diagnosis: Diagnosis, probes: list[Call]) -> bool:
    """Tell whether the model is not closed yet either: then the bound was too short and nothing is shown."""
    if not diagnosis.findings:
        return True
    begun = probes[0].invoked if probes else 0
    eras = diagnosis.run.model.eras
    return any(era.state == CLOSED and era.next_state == OPEN and era.at > begun for era in eras)


def _stuck(probes: list[Call], refused: list[Call]) -> Finding:
    first = refused[0]
    admitted = [call for call in probes if call.admitted >= 0]
    if first.completion is None or first.completion.kind == "info":
        anomaly, words = "stuck-waiting", "it keeps its callers waiting"
    elif not admitted:
        anomaly, words = "stuck-open", "it rejects every call"
    else:
        anomaly, words = "stuck-half-open", f"it admitted {len(admitted)} successful calls and did not close"
    told = f"everything healed and {ROUNDS} times its wait went by, and {words}"
    events = [first.invoked] + ([first.completion.index] if first.completion is not None else [])
    return Finding(CB_8.id, anomaly, told, tuple(events))
