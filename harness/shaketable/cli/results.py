"""The results of `certify` so far: verdicts, histories, scores of mutants and harness faults, however it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from shaketable.certificate import MutantResult, SubjectResult
from shaketable.cli.interrupt import HANGS
from shaketable.cli.subjects import shipped
from shaketable.errors import UsageError
from shaketable.explore.certify import Examined
from shaketable.explore.pool.jobs import Certified, Failed, Hunted, Result
from shaketable.history import History
from shaketable.subject import Subject


@dataclass(slots=True)
class Results:
    """All that is known so far. `faults` are the harness's own, one line a subject; `details` their tracebacks."""

    by_subject: dict[str, SubjectResult] = field(default_factory=dict)
    histories: dict[str, History] = field(default_factory=dict)
    """By the counterexample's file name."""
    mutants: dict[str, list[MutantResult]] = field(default_factory=dict)
    """By the name of the original subject."""
    faults: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    unusable: list[UsageError] = field(default_factory=list)
    """One for each subject that cannot be used."""
    interrupted: bool = False
    so_far: dict[str, Examined] = field(default_factory=dict)
    """The results of searches that are not over, by subject."""

    def unfinished(self) -> Results:
        """Return the results that there would be if nothing more came, with those of searches that are not over."""
        known = Results(dict(self.by_subject), dict(self.histories), self.mutants, interrupted=True)
        for subject, examined in self.so_far.items():
            if subject not in known.by_subject:
                known.add(Certified(examined))
        return known

    def add(self, result: Result) -> None:
        """Add the result of one job."""
        match result:
            case Certified(examined=examined):
                self.by_subject[examined.result.subject] = examined.result
                for file, events in examined.histories.items():
                    self.histories[file] = History(list(events), list(examined.accesses.get(file, ())))
                self.interrupted |= examined.interrupted
                if examined.fault:
                    self.faults.append(f"{examined.result.subject}: {examined.fault}")
                    self.details.append(examined.fault_detail)
            case Hunted(mutant=mutant, interrupted=False):
                original = next(s.mutant_of for s in shipped().subjects if s.name == mutant.name)
                self.mutants.setdefault(original, []).append(mutant)
            case Hunted():
                self.interrupted = True
            case Failed(usage=True):
                unusable = UsageError(result.reason)
                for line in result.detail.splitlines():
                    unusable.add_note(line)
                self.unusable.append(unusable)
            case Failed(hangs=True):
                self.unusable.append(UsageError(f"{result.subject}: {result.reason}: {HANGS}"))
            case Failed():
                self.faults.append(f"{result.subject}: {result.reason}")
                self.details.append(result.detail)

    def in_order(self, subjects: Sequence[Subject]) -> tuple[SubjectResult, ...]:
        """Return the results in the order of `subjects`, each with the scores of its mutants."""
        found = [self.by_subject[s.name] for s in subjects if s.name in self.by_subject]
        return tuple(
            msgspec.structs.replace(
                r, mutants=tuple(sorted(self.mutants.get(r.subject, []), key=lambda m: m.name))
            )
            for r in found
        )
