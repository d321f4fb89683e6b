"""A defect that was told of in public: where, which version has it and which has not, and what a machine should say of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Defect:
    """One row. `adapter` is `module:function` of tests.public_defects.adapters; the function returns the subject to judge."""

    name: str
    package: str
    affected: str
    fixed: str  # "": in no version yet
    reference: str  # the issue, pull request or advisory
    adapter: str
    promise: str
    anomaly: str
    what: str  # in one sentence
    beside: tuple[str, ...] = ()  # other requirements of the folder, with their versions
    runs: int = 0  # 0: as many as its kind needs

    @property
    def searched(self) -> int:
        """How many runs a version is searched in: a token is wrong by itself, and the most of a run of one is making it."""
        return self.runs or (250 if self.promise.startswith("TV-") else 1_000)

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions that are judged: the affected one, and the fixed one if there is one."""
        return (self.affected, self.fixed) if self.fixed else (self.affected,)
