"""Fields of an op that an earlier op's answer gives: `@place#2:body.id` is the id in the answer to the second `place`.

A schedule is written before it runs, so it names the answer; what it said stands in the history.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from shaketable.history import History, Json, Op
from shaketable.mapping.value_paths import Part, compiled

_WRITTEN = re.compile(r"@([a-z][a-z0-9-]*)#([1-9]\d{0,5}):(\S+)")


class AnswerReference(NamedTuple):
    """The answer to the `number`-th op called `op` of a run, and the place in it: `status`, or a way into its body."""

    op: str
    number: int
    path: str

    def __str__(self) -> str:
        """Write it as schedules do."""
        return f"@{self.op}#{self.number}:{self.path}"

    def read(self, answer: Json) -> Json:
        """Return what an answer says there; None if nothing."""
        return compiled(f"answer.{self.path}")(Part(answer=answer))


Answers = Callable[[str, int], Json]
"""Returns the answer to the n-th op of a name; None while there is none."""


def reference(value: Json) -> AnswerReference | None:
    """Return the reference that a value is; None for any other value."""
    found = _WRITTEN.fullmatch(value) if type(value) is str and value.startswith("@") else None
    return None if found is None else AnswerReference(found[1], int(found[2]), found[3])


def resolved(value: Json, answers: Answers) -> Json:
    """Return an op's value with what the answers say in place of its references; None where one says nothing."""
    if type(value) is not dict or not any(type(one) is str and one.startswith("@") for one in value.values()):
        return value
    found = {}
    for name, one in value.items():
        named = reference(one)
        found[name] = one if named is None else named.read(answers(named.op, named.number))
    return found


def answers_of(ops: Callable[[], Iterable[Op]]) -> Answers:
    """Return the answers that ops got in a finished history; `ops` gives all of them in order, when first asked."""
    given: dict[tuple[str, int], Json] = {}

    def answer(op: str, number: int) -> Json:
        if not given:
            given.update(_given(ops()))
        return given.get((op, number))

    return answer


def answers_in(history: History) -> Answers:
    """Return the answers that ops got in a finished history, read at once: `history.view` may keep them."""
    given = _given(history.ops())
    return lambda op, number: given.get((op, number))


def _given(ops: Iterable[Op]) -> dict[tuple[str, int], Json]:
    given: dict[tuple[str, int], Json] = {}
    counts: Counter[str] = Counter()
    for one in ops:
        counts[one.name] += 1
        given[one.name, counts[one.name]] = one.result
    return given
