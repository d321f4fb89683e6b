"""The facts of a verifier's history: each token that was presented, what had to be answered, and what was."""

from __future__ import annotations

from typing import NamedTuple

from shaketable.components.calls.recorded_calls import CallFacts, CallRecord
from shaketable.history import Event, History, Json
from shaketable_patterns.token_verifier.key_sets import KeySets
from shaketable_patterns.token_verifier.presenting_adapter import is_unfit
from shaketable_patterns.token_verifier.profile import TOLERANCE_S, Knobs
from shaketable_patterns.token_verifier.situations.catalogue import situation_named
from shaketable_patterns.token_verifier.situations.situation import Answer, Situation


class Due(NamedTuple):
    """What has to be answered; `anomaly` is the name of the other answer, `words` the reason, `off_profile` what would allow it."""

    answer: Answer
    anomaly: str = ""
    words: str = ""
    off_profile: str = ""
    since: int = -1
    """The event because of which, if it is one."""


class Presented(NamedTuple):
    """A token that was presented, and answered."""

    call: CallRecord
    done: Event
    situation: Situation
    due: Due

    @property
    def kid(self) -> str:
        return str(self.call.arguments["key"])

    @property
    def accepted(self) -> bool:
        """True if claims were returned; None or False is a refusal."""
        return self.done.kind == "ok" and self.call.result not in (None, False)

    @property
    def refused(self) -> bool:
        return self.done.kind == "fail" or (self.done.kind == "ok" and not self.accepted)

    @property
    def is_calm(self) -> bool:
        """True if no fault met the call."""
        return not self.call.faults and "at_point" not in (self.done.value or {})

    @property
    def told(self) -> str:
        return f"call {self.call.number} presents a token {self.situation.words} (key {self.kid})"


class VerifierFacts:
    """The tokens of one history, in the order in which they were presented."""

    def __init__(self, history: History, knobs: Knobs) -> None:
        self.knobs = knobs
        self.calls = list(history.view(CallFacts).calls.values())
        self._sets = KeySets(self.calls, knobs, [e for e in history.events if e.kind == "crash"])
        self._skewed = min(
            (e.index for e in history.events if e.kind == "fault" and e.name == "clock_step"), default=None
        )
        self.presented = [
            self._read(call, call.completion)
            for call in self.calls
            if call.method == "verify" and call.completion is not None and call.completion.kind != "info"
        ]

    def _read(self, call: CallRecord, done: Event) -> Presented:
        situation = situation_named(str(call.arguments["made"]))
        return Presented(call, done, situation, self._due(call, done, situation))

    def _due(self, call: CallRecord, done: Event, situation: Situation) -> Due:
        due = situation.due(self.knobs)
        if due == "refuse":
            return Due("refuse", situation.breaks, "which has to be refused", situation.off_profile)
        kid = str(call.arguments["key"])
        timely = Due("accept") if situation.timed else self._timely(call, done)
        known = self._known(call, done, kid)
        for one in (known, timely):
            if one.answer == "refuse":
                return one
        if "either" in (due, timely.answer, known.answer):
            return Due("either")
        return known

    def _timely(self, call: CallRecord, done: Event) -> Due:
        """Judge by the times of the mint; within a second of an edge, and once the wall clock was stepped, either answer is right."""
        if self._skewed is not None and self._skewed < done.index:
            return Due("either")
        leeway_s, issued_s = self.knobs.leeway_s, _number(call.arguments["issued_s"])
        from_s, until_s = issued_s - leeway_s, issued_s + _number(call.arguments["life_s"]) + leeway_s
        start_s, end_s = call.invoked.time_ms / 1_000, done.time_ms / 1_000
        if start_s > until_s + TOLERANCE_S:
            return Due(
                "refuse",
                "expired-accepted",
                f"which expired {start_s - until_s + leeway_s:g} s ago, and the leeway is {leeway_s} s",
            )
        if end_s < from_s - TOLERANCE_S:
            return Due(
                "refuse",
                "early-accepted",
                f"which is valid {from_s + leeway_s - end_s:g} s from now, and the leeway is {leeway_s} s",
            )
        inside = from_s + TOLERANCE_S < start_s and end_s < until_s - TOLERANCE_S
        return Due("accept" if inside else "either")

    def _known(self, call: CallRecord, done: Event, kid: str) -> Due:
        """Judge by the key: in the set, out of it within the grace, out of it for longer, never in it."""
        if is_unfit(kid):
            checked = self.knobs.unfit_keys == "refused"
            return Due("refuse", "unfit-key-used", "whose key is unfit") if checked else Due("either")
        place = self._sets.place(kid, call, done)
        if place.name == "never":
            return Due("refuse", "stranger-accepted", "whose key was never in the key set")
        if place.name == "gone":
            words = (
                f"whose key left the key set {place.left_s:g} s ago, and the grace is {self.knobs.grace_s} s"
            )
            return Due("refuse", "old-key-accepted", words, since=place.since)
        if place.name == "unsure":
            return Due("either")
        anomaly = {"new": "new-key-refused", "grace": "old-key-refused"}.get(place.name, "valid-refused")
        return Due("accept", anomaly, f"whose key {place.words}", since=place.since)


def _number(value: Json) -> int:
    return int(value)
