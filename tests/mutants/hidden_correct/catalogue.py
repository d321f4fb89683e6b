"""Every correct variant."""

from __future__ import annotations

from shaketable.subject import Subject
from tests.mutants.hidden_correct import breakers, orders

CORRECT: tuple[Subject, ...] = (*orders.SUBJECTS, *(make() for _, make in breakers.SUBJECTS))
