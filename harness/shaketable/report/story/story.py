"""The story of a violation: the steps of its schedule and, under each, what came of it.

A story is data, so that the terminal, the page and the generated test tell the same one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from shaketable.boundary import Boundary
from shaketable.fault import MessageFault
from shaketable.history import COMPLETIONS, Event, History, Json
from shaketable.report.printable import printable
from shaketable.report.story.event_words import Known, event_words, rank_of, receipt_words
from shaketable.report.story.fault_words import step_words
from shaketable.report.story.lines import HIDDEN, Line, Ranked, fit, without_aftermath
from shaketable.report.story.relevance import Focus, about
from shaketable.report.story.step_positions import place
from shaketable.schedule import Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable.verdict import Finding

_RECOVERY = re.compile(r"call[ -]([12]\d{9})")
_CALL = re.compile(r"call-\d+")
_HARNESS = frozenset({"harness", ""})


class Story(msgspec.Struct, frozen=True):
    """Everything a reader needs to understand one anomaly."""

    subject: str
    finding: Finding
    title: str  # of the promise
    seed: int
    lines: tuple[Line, ...]
    remark: str = ""  # what a reader should know before replaying it

    @property
    def steps(self) -> int:
        return sum(1 for line in self.lines if line.number)


def tell(
    subject: Subject,
    schedule: Schedule,
    history: History,
    finding: Finding,
    trace: Sequence[Boundary] = (),
) -> Story:
    """The story of `finding` in `history`, which came from running `schedule`."""
    title = next((p.title for p in subject.pattern.promises if p.id == finding.promise), "")
    teller = _Teller(schedule, history, finding, trace)
    lines = teller.lines()
    if not any(p.id == finding.promise and p.kind == "liveness" for p in subject.pattern.promises):
        lines = without_aftermath(lines)
    finding = msgspec.structs.replace(finding, message=teller.calls_named(finding.message))
    return Story(subject.name, finding, title, schedule.seed, fit(lines))


class _Teller:
    def __init__(
        self, schedule: Schedule, history: History, finding: Finding, trace: Sequence[Boundary]
    ) -> None:
        self._steps = schedule.steps
        self._history = history
        self._witness = frozenset(finding.witness)
        self._known = Known(history, Focus(history, finding))
        self._order = {str(b): n for n, b in enumerate(trace, 1)}
        self._placed = place(schedule.steps, history)
        self._step_of_fault = {
            spot.event: n
            for n, (step, spot) in enumerate(zip(self._steps, self._placed, strict=True), 1)
            if isinstance(step, Inject) and spot.event >= 0
        }
        self._last_state: dict[str, object] = {}
        self._recovery: dict[str, int] = {}

    def lines(self) -> list[Ranked]:
        told = {spot.event for spot in self._placed if spot.event >= 0}
        out: list[Ranked] = []
        upcoming = 0
        for event in self._history.events:
            while upcoming < len(self._placed) and self._placed[upcoming].before <= event.index:
                out.append(self._step_line(upcoming))
                upcoming += 1
            if event.index not in told:
                self._tell_event(event, out)
        out += [self._step_line(n) for n in range(upcoming, len(self._placed))]
        return out + self._missed()

    def _step_line(self, position: int) -> Ranked:
        step, spot = self._steps[position], self._placed[position]
        text = printable(step_words(step)) + self._position(step)
        actor = self._actor(step, spot.event)
        seen = spot.event in self._witness
        return Ranked(0, Line(position + 1, spot.time_ms, actor, text, "step", seen, spot.event))

    def _actor(self, step: Step, index: int) -> str:
        if isinstance(step, Inject):
            return "fault"
        if isinstance(step, Wait):
            return ""
        return "client" if index >= 0 and self._history[index].process == "client" else "step"

    def _position(self, step: Step) -> str:
        if not isinstance(step, Inject) or not isinstance(step.fault, MessageFault):
            return ""
        n = self._order.get(str(step.fault.boundary))
        return f", message {n} of {len(self._order)}" if n else ""

    def _tell_event(self, event: Event, out: list[Ranked]) -> None:
        seen = event.index in self._witness
        rank = 0 if seen else rank_of(event)
        if event.kind == "state" and event.name == "state":
            if self._last_state.get(event.process) == event.value and not seen:
                return
            self._last_state[event.process] = event.value
        text = event_words(event, self._known)  # also of those not told: they are known afterwards
        if rank >= HIDDEN:
            return
        if rank and not about(event, self._known.focus, self._answered(event)):
            rank = HIDDEN
        actor = printable(event.process)
        if event.process in _HARNESS or _CALL.fullmatch(event.process):  # the sentence names the call
            actor = ""
        if event.kind == "receipt":
            text = self._landed(event)
        text = self.calls_named(printable(text))
        kind = _KINDS.get(event.kind, "effect")
        out.append(Ranked(rank, Line(0, event.time_ms, actor, text, kind, seen, event.index)))

    def _answered(self, event: Event) -> Json:
        """What an event is an answer to: the op it completes, the record it delivers."""
        if event.kind in COMPLETIONS and 0 <= event.ref < len(self._history):
            return self._history[event.ref].value
        return self._known.record(event)

    def _landed(self, event: Event) -> str:
        step = self._step_of_fault.get(event.ref)
        fault = self._history[event.ref] if 0 <= event.ref < len(self._history) else None
        of_step = f" of step {step}" if step else ""
        return f"the fault{of_step} lands: {receipt_words(event, fault if step else None)}"

    def calls_named(self, text: str) -> str:
        """`text` in which calls of the recovery are counted from 1: their own numbers are far beyond the schedule's."""
        found = _RECOVERY.search(text)
        if found is None:
            return text
        number = self._recovery.setdefault(found[1], len(self._recovery) + 1)
        return text.replace(found[0], f"recovery call {number}")

    def _missed(self) -> list[Ranked]:
        landed = {e.ref for e in self._history.events if e.kind == "receipt"}
        end_ms = self._history.events[-1].time_ms if self._history.events else 0
        return [
            Ranked(0, Line(0, end_ms, "", f"the fault of step {n} never landed", "missed"))
            for fault, n in self._step_of_fault.items()
            if fault not in landed
        ]


_KINDS = {
    "receipt": "landed",
    "crash": "crash",
    "restart": "restart",
    "phase": "phase",
    "ok": "client",
    "fail": "client",
    "info": "client",
    "state": "state",
}
