"""Pages to look at: of subjects that were really judged, and the same under names that a subject may have."""

from __future__ import annotations

import msgspec

from shaketable.certificate import Certificate, Counterexample, PromiseResult, SubjectResult
from shaketable.explore.budget import Budget
from shaketable.explore.certify import Examined, certify_subject
from shaketable.history import History
from shaketable.report.page.page import page
from shaketable.report.story.stories import stories_of
from shaketable.subject import Subject
from shaketable.world_choice import world_for
from shaketable_patterns.catalogue import subjects

JUDGED = ("order-saga/as-listed", "order-saga/hardened", "breaker/circuitbreaker")
HOSTILE = '<b>"x"</b> \u202e ' + "Donaudampfschiff" * 14 + " \U0001f525"
"""Markup, a change of direction, a word of 224 letters, a pictogram."""
_REPLACE = msgspec.structs.replace


class Judged:
    """Subjects as `certify` judges them, and the pages about them."""

    def __init__(self) -> None:
        named = {subject.name: subject for subject in subjects()}
        self._subjects = {name: named[name] for name in JUDGED}
        self._examined = [_judge(subject) for subject in self._subjects.values()]

    def page_of(self, *names: str) -> str:
        """Return the page about these subjects."""
        results = [e.result for e in self._examined]
        return self._page(tuple(r for r in results if r.subject in names), self._subjects)

    def hostile_page(self) -> str:
        """Return the page of subjects whose names, messages and places are what no author of a page thinks of."""
        results = tuple(_hostile(e.result) for e in self._examined[1:])
        return self._page(results, {f"{name} {HOSTILE}": one for name, one in self._subjects.items()})

    def _page(self, results: tuple[SubjectResult, ...], named: dict[str, Subject]) -> str:
        histories = {file: History() for e in self._examined for file in e.histories}
        for examined in self._examined:
            for file, events in examined.histories.items():
                histories[file].events.extend(events)
        certificate = Certificate("0", "3", "", "shaketable certify", False, results)
        told = stories_of(certificate, named, histories)
        return page(certificate, {file: (story, histories[file]) for file, story in told.items()})


def _judge(subject: Subject) -> Examined:
    budget = Budget(runs=40, replays=1, shrink_executions=30, starts=1)
    return certify_subject(subject, world_for(subject), budget, 0, now_s=lambda: 0.0)


def _hostile(result: SubjectResult) -> SubjectResult:
    return _REPLACE(
        result,
        subject=f"{result.subject} {HOSTILE}",
        summary=HOSTILE,
        promises=tuple(map(_hostile_promise, result.promises)),
        boundaries=(*result.boundaries, HOSTILE),
    )


def _hostile_promise(promise: PromiseResult) -> PromiseResult:
    examples = tuple(map(_hostile_example, promise.counterexamples))
    return _REPLACE(promise, title=HOSTILE, counterexamples=examples)


def _hostile_example(example: Counterexample) -> Counterexample:
    return _REPLACE(example, finding=_REPLACE(example.finding, message=HOSTILE, anomaly=HOSTILE))
