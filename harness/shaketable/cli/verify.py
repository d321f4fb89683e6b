"""`shaketable verify`: judge a certificate's stored histories again, and compare with what it says."""

from __future__ import annotations

from pathlib import Path

import click

from shaketable.certificate import SubjectResult
from shaketable.cli.commands import Exit
from shaketable.cli.options import subject_option
from shaketable.cli.output import note
from shaketable.cli.subjects import from_spec, shipped
from shaketable.errors import UsageError
from shaketable.explore.judge.digest import digest
from shaketable.report import certificate_file, certificate_folder
from shaketable.report.printable import printable
from shaketable.report.verification import Check, verify
from shaketable.runner import assess
from shaketable.subject import Subject


@click.command("verify")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@subject_option
def command(directory: Path, given: tuple[str, ...]) -> int:
    """Judge the stored histories in DIR again, offline, and compare with what its certificate says.

    Exits 0 when everything agrees, 1 when something contradicts the certificate or was changed since, 2 when
    there is no certificate to read, 3 when evidence is missing or its subject is not known here.
    """
    certificate = certificate_file.load(directory / certificate_folder.CERTIFICATE)
    known = {s.name: s for s in (*shipped().subjects, *map(from_spec, given))}
    if not certificate.subjects:
        raise UsageError(f"{directory / certificate_folder.CERTIFICATE} speaks of no subject")
    checks: list[Check] = []
    for result in certificate.subjects:
        checks += _checks(directory, result, known.get(result.subject))
    for check in checks:
        click.echo(f"{check.outcome:<9} {printable(check.message)}")
    if certificate.interrupted:
        note("the certificate says that its run was interrupted")
    return _conclude(checks)


def _checks(directory: Path, result: SubjectResult, subject: Subject | None) -> list[Check]:
    if subject is None:
        return [
            Check("unknown", f"{result.subject}: no such subject here; add --subject package.module:factory")
        ]
    if digest(subject) != result.digest:
        note(f"{printable(result.subject)}: its source is not the one that was judged")
    if not any(p.counterexamples for p in result.promises):
        return [
            Check("ok", f"{result.subject}: {result.verdict.name.lower()}, no counterexample to judge again")
        ]
    return verify(directory, result, lambda history: assess(subject, history))


def _conclude(checks: list[Check]) -> Exit:
    outcomes = [c.outcome for c in checks]
    count = outcomes.count("ok")
    click.echo(f"{count} of {len(outcomes)} agree with the certificate")
    if any(o in {"differs", "changed"} for o in outcomes):
        return Exit.VIOLATED
    return Exit.CERTIFIED if count == len(outcomes) else Exit.UNKNOWN
