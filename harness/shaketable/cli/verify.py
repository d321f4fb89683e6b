"""`shaketable verify`: does a certificate follow from what is stored with it, and can its runs be made again?"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from shaketable.certificate import Certificate
from shaketable.cli.certificate_comparison import Verification
from shaketable.cli.commands import Exit
from shaketable.cli.interrupt import Interrupt
from shaketable.cli.options import DIGEST, SHARE, subject_option
from shaketable.cli.output import note
from shaketable.cli.subjects import from_spec, shipped
from shaketable.errors import FileFormatError, UsageError
from shaketable.report import certificate_file, certificate_folder, manifest
from shaketable.report.printable import printable
from shaketable.report.signature import Verifier
from shaketable.report.unfinished_folder import left_behind
from shaketable.report.verification.check_outcome import Check
from shaketable.report.verification.files import check_files, told

_PAGE_MAX_BYTES = 256 * 1024 * 1024


@click.command("verify")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@subject_option
@click.option("--expect", type=DIGEST, default="", help="Require this digest, which certify printed.")
@click.option(
    "--key", type=click.Path(path_type=Path), help="Require a signature by this Ed25519 public key (PEM)."
)
@click.option(
    "--reproduce",
    type=SHARE,
    is_flag=False,
    flag_value="0.1",
    help="Make this share of the recorded runs again, 0.1 if none is given, and every counterexample.",
)
@click.option("--other-source", is_flag=True, help="Accept that another source than the one here was judged.")
def command(
    directory: Path,
    given: tuple[str, ...],
    expect: str,
    key: Path | None,
    reproduce: float | None,
    other_source: bool,
) -> int:
    """Check that the certificate in DIR follows from what is stored with it, offline.

    Every file is the one that was written; each promise of the pattern is there and its verdict follows from the stored
    numbers; stored histories are judged again; the source here is the one that was judged.

    Exits 0 when everything agrees, 1 when something contradicts the certificate or was changed since, 2 when
    there is no certificate to read, 3 when evidence is missing, its subject is not known here, or another source was
    judged than is here.
    """
    certificate = certificate_file.load(directory / certificate_folder.CERTIFICATE)
    verifier = None if key is None else Verifier(key)
    known = {s.name: s for s in (*shipped().subjects, *map(from_spec, given))}
    if not certificate.subjects:
        raise UsageError(f"{directory / certificate_folder.CERTIFICATE} speaks of no subject")
    _tell(directory, certificate, verifier)
    with Interrupt() as interrupt:
        verification = Verification(directory, certificate, known, reproduce, other_source, interrupt)
        checks = [*check_files(directory, expect, verifier), *verification.checks()]
    for check in checks:
        click.echo(f"{check.outcome:<9} {printable(check.message)}")
    return _conclude(checks)


def _tell(directory: Path, certificate: Certificate, verifier: Verifier | None) -> None:
    """Print what is no check: the digest, files beside the certificate, an interruption, a signature not checked."""
    with suppress(FileFormatError):  # a check tells it
        note(f"digest {manifest.load(directory)[1]}")
    for place, _ in left_behind(directory):
        note(
            f"{place} keeps what a command that was cut off had found until then; it is a certificate of its own"
        )
    for name in told(directory):
        if name.startswith(f"{certificate_folder.UNFINISHED}/"):
            continue
        note(f"{printable(name)} is in the folder and not in the digest: nothing is said of it")
    if verifier is None and (directory / manifest.SIGNATURE).exists():
        note("it is signed; --key PUBKEY checks by whom")
    if certificate.interrupted:
        note("the certificate says that its run was interrupted")
    for fault in certificate.faults:
        note(f"the certificate says that nothing is known of {printable(fault)}")


def _conclude(checks: list[Check]) -> Exit:
    outcomes = [c.outcome for c in checks]
    count = outcomes.count("ok")
    click.echo(f"{count} of {len(outcomes)} agree with the certificate")
    if any(o in {"differs", "changed"} for o in outcomes):
        return Exit.VIOLATED
    return Exit.CERTIFIED if count == len(outcomes) else Exit.UNKNOWN
