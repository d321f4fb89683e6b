"""What `verify` compares: a certificate with the subjects that are known here, and with what can be made again."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shaketable.certificate import Certificate, Counterexample, SubjectResult
from shaketable.cli.interrupt import Interrupt, hang_s
from shaketable.cli.output import note
from shaketable.cli.subjects import shipped
from shaketable.errors import FileFormatError
from shaketable.explore.judge.evidence_floor import KINDS_MIN, PLACES_MIN, RUNS_MIN
from shaketable.explore.judge.expectations import surprises
from shaketable.explore.judge.subject_digest import digest, judge_digest, libraries
from shaketable.explore.reproduce import differences
from shaketable.explore.shrink.counterexamples import file_name
from shaketable.history import History
from shaketable.report import certificate_folder, junit
from shaketable.report.data_file import read_limited
from shaketable.report.page import page as html
from shaketable.report.printable import printable
from shaketable.report.story.stories import stories_of
from shaketable.report.verification.check_outcome import Check
from shaketable.report.verification.counterexamples import Counterexamples
from shaketable.report.verification.evidence import contradictions
from shaketable.runner import assess, execute
from shaketable.schedule import Schedule
from shaketable.subject import Subject, System
from shaketable.verdict import Verdict
from shaketable.world_choice import search_world_for, world_for
from shaketable.world_traits import traits_of

_PAGE_MAX_BYTES = 256 * 1024 * 1024


@dataclass
class Verification:
    """The checks of one certificate against the subjects that are `known` here."""

    folder: Path
    certificate: Certificate
    known: Mapping[str, Subject]
    share: float | None
    other_source: bool
    interrupt: Interrupt

    def checks(self) -> Iterator[Check]:
        """Yield the checks of each subject, and of what is made from all of them."""
        exact = self.certificate.judge == judge_digest()
        if not exact:
            version = self.certificate.shaketable
            yield from self._other(f"it was made by shaketable {version} of another source than is here")
        yield from self._names()
        histories: dict[str, History] = {}
        for result in self.certificate.subjects:
            subject = self.known.get(result.subject)
            if subject is None:
                hint = "add --subject package.module:factory"
                yield Check("unknown", f"{result.subject}: no such subject here; {hint}")
            else:
                yield from self._subject(subject, result, exact, histories)
        wanted = {example.file for _, example in _examples(self.certificate)}
        if (
            exact
            and wanted == histories.keys()
            and all(r.subject in self.known for r in self.certificate.subjects)
        ):
            yield from self._pages(histories)

    def _other(self, message: str) -> Iterator[Check]:
        if self.other_source:
            note(printable(message))
        else:
            yield Check("other", f"{message}; --other-source allows it")

    def _names(self) -> Iterator[Check]:
        """Look for names, of a subject or a file, that are used twice or not what they must be."""
        subjects = [result.subject for result in self.certificate.subjects]
        for name in sorted({name for name in subjects if subjects.count(name) > 1}):
            yield Check("differs", f"{name}: it is judged {subjects.count(name)} times")
        for result, example in _examples(self.certificate):
            finding = example.finding
            wanted = file_name(result.subject, finding.promise, finding.anomaly)
            if example.file != wanted and certificate_folder.is_safe(example.file):
                yield Check(
                    "differs", f"{result.subject} {finding.promise}: {example.file!r} is not its file"
                )

    def _subject(
        self, subject: Subject, result: SubjectResult, exact: bool, histories: dict[str, History]
    ) -> Iterator[Check]:
        if digest(subject) != result.digest:
            yield from self._other(f"{result.subject}: its source is not the one that was judged")
        elif (used := libraries(subject)) != result.libraries:
            were, are = ", ".join(result.libraries) or "none", ", ".join(used) or "none"
            yield from self._other(
                f"{result.subject}: it was judged with the libraries {were}, here are {are}"
            )
        for problem in contradictions(subject, result):
            yield Check("differs", problem)
        unexpected = surprises(subject, result.promises, result.calibration)
        if unexpected != result.surprises or result.as_expected == bool(unexpected):
            yield Check("differs", f"{result.subject}: its verdicts are expected in other words than it says")
        yield from _below_the_floor(subject, result)
        yield from self._mutants(result)
        repeatable = traits_of(result.world).repeatable
        world = world_for(subject, result.world) if self.share is not None and repeatable else None

        def again(schedule: Schedule) -> History:
            assert world is not None
            with self.interrupt.watching(subject.name, hang_s(world)):
                self._go_on()
                return execute(world, subject, schedule, trace=True).history

        examples = Counterexamples(
            self.folder,
            result,
            lambda history: assess(subject, history),
            exact=exact,
            replay=None if world is None else again,
        )
        found = list(examples.checks())
        histories |= examples.histories
        yield from found or [
            Check("ok", f"{result.subject}: {result.verdict.name.lower()}, no counterexample to judge again")
        ]
        if self.share is not None:
            yield from self._again(subject, result, self.share)

    def _mutants(self, result: SubjectResult) -> Iterator[Check]:
        """Look for mutants that are left out, or said to be killed by other promises than must kill them."""
        mutants = {mutant.name: mutant.kills for mutant in shipped().mutants_of(result.subject)}
        scored = {mutant.name: mutant.kills for mutant in result.mutants}
        partly = self.certificate.interrupted or self.certificate.faults
        if scored and not partly and len(result.mutants) != len(mutants):
            yield Check(
                "differs", f"{result.subject}: {len(result.mutants)} of its {len(mutants)} mutants are scored"
            )
        for name, kills in scored.items():
            if mutants.get(name) != kills:
                yield Check(
                    "differs", f"{result.subject}: it has no mutant {name} that {', '.join(kills)} must kill"
                )

    def _again(self, subject: Subject, result: SubjectResult, share: float) -> Iterator[Check]:
        if not traits_of(result.world).repeatable:
            yield Check(
                "unknown",
                f"{result.subject}: runs on {result.world} cannot be made again, "
                "only counterexamples can be replayed: shaketable replay FILE --world " + result.world,
            )
            return
        batches = len(result.batches)
        wanted = min(batches, max(1, math.ceil(share * batches)))
        chosen = set(secrets.SystemRandom().sample(range(batches), wanted)) if batches else set()
        world = search_world_for(subject, result.world)
        with self.interrupt.watching(subject.name, hang_s(world)):
            for what, difference in differences(subject, world, result, chosen, stop=self._go_on):
                if difference:
                    yield Check("differs", f"{result.subject}: {what}: {difference}")
                else:
                    yield Check("ok", f"{result.subject}: {what}: made again, the same")

    def _go_on(self) -> bool:
        """Return False, for a run may begin. Raises KeyboardInterrupt after a Ctrl-C: half a check tells nothing."""
        if self.interrupt():
            raise KeyboardInterrupt
        return False

    def _pages(self, histories: Mapping[str, History]) -> Iterator[Check]:
        """Make the page and the JUnit file again, as they follow from certificate and histories, and compare."""
        try:
            stories = stories_of(self.certificate, self.known, histories)
            told = {file: (story, histories[file]) for file, story in stories.items()}
            page = certificate_folder.page_bytes(html.page(self.certificate, told))
            tests = junit.dumps(self.certificate, stories)
        except Exception as error:  # of what no judge wrote, it may well be impossible
            yield Check("differs", f"no page can be made of it: {type(error).__name__}: {error}")
            return
        for name, data in ((certificate_folder.PAGE, page), (certificate_folder.JUNIT, tests)):
            try:
                stored = read_limited(self.folder / name, _PAGE_MAX_BYTES, "a page")
            except FileFormatError:
                continue  # told by the manifest
            if stored != data:
                yield Check("differs", f"{self.folder / name} does not say what the certificate says")


def _below_the_floor(subject: Subject, result: SubjectResult) -> Iterator[Check]:
    """Look for promises that are certified by less than a search must have tried."""
    kinds, places = ({getattr(one, name) for one in result.landed} for name in ("fault", "place"))
    struck = isinstance(subject.target, System)
    few_faults = struck and (len(kinds) < KINDS_MIN or len(places) < PLACES_MIN)
    for promise in result.promises:
        if promise.verdict is Verdict.CERTIFIED and (promise.runs < RUNS_MIN or few_faults):
            faults = f", under {len(kinds)} kinds of faults at {len(places)} places" if struck else ""
            yield Check(
                "differs",
                f"{result.subject} {promise.id}: certified by too little: {promise.runs} runs{faults}",
            )


def _examples(certificate: Certificate) -> Iterator[tuple[SubjectResult, Counterexample]]:
    for result in certificate.subjects:
        for promise in result.promises:
            for example in promise.counterexamples:
                yield result, example
