"""A step of GitHub Actions: certify tells it what is wrong, as annotations and in the step's summary."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from shaketable.certificate import Certificate
from shaketable.cli.output import note
from shaketable.cli.subjects import is_user_defined
from shaketable.explore.judge.subject_modules import file_of
from shaketable.report import certificate_folder
from shaketable.report.github import annotations_of, summary
from shaketable.report.story.story import Story


def tell_github(
    certificate: Certificate,
    stories: Mapping[str, Story],
    specs: Mapping[str, str],
    digest: str,
    out: Path,
    quiet: bool,
) -> None:
    """Print annotations, to stderr if stdout is to be `quiet`, and append the verdicts to the file that `GITHUB_STEP_SUMMARY` names.

    An annotation stands beside the module of the subject's factory, or its description; else beside the certificate.
    """
    files = {
        name: _file_of(spec) or str(out / certificate_folder.CERTIFICATE) for name, spec in specs.items()
    }
    for line in annotations_of(certificate, files):
        click.echo(line, err=quiet)
    if not (path := os.environ.get("GITHUB_STEP_SUMMARY")):
        return
    try:
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(summary(certificate, stories, digest))
    except OSError as error:
        note(f"shaketable: the summary of the step cannot be written to {path}: {error.strerror}")


def _file_of(spec: str) -> str:
    """Return the file of the user's own subject, relative to the current folder; "" if it is outside."""
    if not is_user_defined(spec):
        return ""
    path = file_of(spec.partition(":")[0]) if ":" in spec else Path(spec)
    try:
        return "" if path is None else path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return ""
