"""One figure of a benchmark and what is wanted of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value; `at_least` or `at_most` is what is wanted, if anything is."""

    name: str
    value: float
    note: str = ""
    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        wanted, verdict = "", ""
        if self.at_least is not None:
            wanted, verdict = f">= {self.at_least:g}", "ok" if self.value >= self.at_least else "missed"
        elif self.at_most is not None:
            wanted, verdict = f"<= {self.at_most:g}", "ok" if self.value <= self.at_most else "missed"
        return f"{self.name:64} {self.value:10,.2f}  {wanted:9} {verdict:7}{self.note}".rstrip()


@dataclass(frozen=True, slots=True)
class Skipped:
    """What could not be measured here, and why."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.name:64} skipped: {self.why}"
