"""The story of a violation: the steps of its schedule and, under each, what came of it.

A story is data, so that the terminal, the page and the generated test show the same one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from shaketable.boundary import Boundary
from shaketable.descriptions.intervals import slowness_hint
from shaketable.fault import MessageFault
from shaketable.history import COMPLETIONS, Event, History, Json
from shaketable.interruption import Interruption, explaining
from shaketable.report.printable import printable
from shaketable.report.story.event_words import EventContext, event_words, rank_of, receipt_words
from shaketable.report.story.fault_words import late_words, step_words
from shaketable.report.story.lines import HIDDEN, Line, RankedLine, shown_lines, without_aftermath
from shaketable.report.story.recovery_calls import RecoveryCalls
from shaketable.report.story.relevance import Relevance, is_relevant
from shaketable.report.story.step_positions import step_positions
from shaketable.schedule import AtPoint, Inject, Schedule, Step, Wait
from shaketable.subject import Component, Subject
from shaketable.verdict import Finding

_CALL = re.compile(r"call-\d+")
_HARNESS = frozenset({"harness", ""})
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


class Story(msgspec.Struct, frozen=True):
    """Everything a reader needs to understand one anomaly."""

    subject: str
    finding: Finding
    title: str  # of the promise
    lines: tuple[Line, ...]
    remark: str = ""  # shown before the replay command


def story_of(
    subject: Subject,
    schedule: Schedule,
    history: History,
    finding: Finding,
    trace: Sequence[Boundary] = (),
) -> Story:
    """Return the story of `finding` in `history`, which came from running `schedule`.

    With `trace`, the boundaries of that run in order, a message fault says which of all messages it hits.
    """
    title = next((p.title for p in subject.pattern.promises if p.id == finding.promise), "")
    builder = _StoryBuilder(subject, schedule, history, finding, trace)
    lines = builder.lines()
    is_liveness = any(p.id == finding.promise and p.kind == "liveness" for p in subject.pattern.promises)
    if not is_liveness:
        lines = without_aftermath(lines)
    finding = msgspec.structs.replace(finding, message=builder.recovery.named(finding.message))
    return Story(
        subject.name, finding, title, shown_lines(lines), slowness_hint(subject) if is_liveness else ""
    )


def _between_line(between: Interruption) -> RankedLine:
    """Return the line that says, instead of times, between which two accesses of another a change fell."""
    other = between.other
    return RankedLine(0, Line(0, other.time_ms, printable(other.process), printable(between.words), "effect"))


class _StoryBuilder:
    """The builder of one story's lines. Call `lines` once: rows and states are remembered as they appear."""

    def __init__(
        self,
        subject: Subject,
        schedule: Schedule,
        history: History,
        finding: Finding,
        trace: Sequence[Boundary],
    ) -> None:
        self._steps = schedule.steps
        self._deviations = schedule.deviations or ()
        self._history = history
        self._witness = frozenset(finding.witness)
        self._words = subject.target.words if isinstance(subject.target, Component) else None
        self._context = EventContext(
            history, Relevance(history, finding), self._words, subject.pattern.names_record
        )
        self._order = {str(b): n for n, b in enumerate(trace, 1)}
        self._positions = step_positions(schedule.steps, history)
        self._step_of_fault = {
            position.event: n
            for n, (step, position) in enumerate(zip(self._steps, self._positions, strict=True), 1)
            if isinstance(step, Inject | AtPoint) and position.event >= 0
        }
        self._last_state: dict[tuple[str, str], object] = {}
        self.recovery = RecoveryCalls(history)

    def lines(self) -> list[RankedLine]:
        """Return a line a deviation, then one a step and an event, in order, and a line a fault that never landed."""
        of_steps = {position.event for position in self._positions if position.event >= 0}
        out = [RankedLine(0, Line(0, 0, "order", late_words(late), "late")) for late in self._deviations]
        between = explaining(self._history.accesses, self._witness) if self._deviations else None
        upcoming = 0
        for event in self._history.events:
            while upcoming < len(self._positions) and self._positions[upcoming].before <= event.index:
                out.append(self._step_line(upcoming))
                upcoming += 1
            if event.index not in of_steps:
                self._add_event(event, out)
            if between is not None and event.index == between.other.event:
                out.append(_between_line(between))
        out += [self._step_line(n) for n in range(upcoming, len(self._positions))]
        return out + self._missed()

    def _step_line(self, n: int) -> RankedLine:
        step, position = self._steps[n], self._positions[n]
        text = printable(step_words(step, self._words)) + self._place_in_trace(step)
        actor = self._actor(step, position.event)
        witness = position.event in self._witness
        return RankedLine(0, Line(n + 1, position.time_ms, actor, text, "step", witness, position.event))

    def _actor(self, step: Step, index: int) -> str:
        if isinstance(step, Inject | AtPoint):
            return "fault"
        if isinstance(step, Wait):
            return ""
        return "client" if index >= 0 and self._history[index].process == "client" else "step"

    def _place_in_trace(self, step: Step) -> str:
        if not isinstance(step, Inject) or not isinstance(step.fault, MessageFault):
            return ""
        n = self._order.get(str(step.fault.boundary))
        return f", message {n} of {len(self._order)}" if n else ""

    def _add_event(self, event: Event, out: list[RankedLine]) -> None:
        witness = event.index in self._witness
        rank = 0 if witness else rank_of(event)
        if event.kind == "state" and (event.name == "state" or self._words is not None):
            shown = (event.process, event.name)
            if self._last_state.get(shown) == event.value and not witness:
                return
            self._last_state[shown] = event.value
        text = event_words(event, self._context)  # also of hidden events: the context remembers their rows
        if rank >= HIDDEN:
            return
        relevant = is_relevant(event, self._context.relevance, self._answered(event))
        if rank and not (relevant and self._context.decides(event)):
            rank = HIDDEN
        actor = printable(event.process)
        if event.process in _HARNESS or _CALL.fullmatch(event.process):  # the sentence names the call
            actor = ""
        if event.kind == "receipt":
            text = self._landed(event)
        text = self.recovery.named(printable(text))
        kind = _KINDS.get(event.kind, "effect")
        out.append(RankedLine(rank, Line(0, event.time_ms, actor, text, kind, witness, event.index)))

    def _answered(self, event: Event) -> Json:
        """Return the value that an event answers: of the op it completes, or of the record it delivers."""
        if event.kind in COMPLETIONS and 0 <= event.ref < len(self._history):
            return self._history[event.ref].value
        return self._context.delivered_record(event)

    def _landed(self, event: Event) -> str:
        step = self._step_of_fault.get(event.ref)
        fault = self._history[event.ref] if 0 <= event.ref < len(self._history) else None
        of_step = f" of step {step}" if step else ""
        return f"the fault{of_step} lands: {receipt_words(event, fault if step else None)}"

    def _missed(self) -> list[RankedLine]:
        landed = {e.ref for e in self._history.events if e.kind == "receipt"}
        end_ms = self._history.events[-1].time_ms if self._history.events else 0
        return [
            RankedLine(0, Line(0, end_ms, "", f"the fault of step {n} never landed", "missed"))
            for fault, n in self._step_of_fault.items()
            if fault not in landed
        ]
