"""`shaketable certify`: search, shrink, tell, and write the certificate."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from shaketable import __version__
from shaketable.certificate import Certificate, SubjectResult
from shaketable.cli.certification import Judged, Plan, judge_all
from shaketable.cli.commands import Exit, one_line
from shaketable.cli.confirming import confirm_all
from shaketable.cli.interrupt import Interrupt
from shaketable.cli.options import POSITIVE, SEED, Duration
from shaketable.cli.output import note, show, show_story
from shaketable.cli.progress import Reporter
from shaketable.cli.subjects import Chosen, is_yours, named, shipped
from shaketable.errors import UsageError
from shaketable.report import certificate_file, certificate_folder, junit
from shaketable.report.console import notes, subject_line, summary_line, tables
from shaketable.report.data_file import write_whole
from shaketable.report.page import page as html
from shaketable.report.story.story import Story, tell
from shaketable.report.story.timing_words import timing_words
from shaketable.subject import Subject
from shaketable.verdict import Verdict
from shaketable.worlds import check_world, sets_of

DEFAULT_S = 30.0
DEFAULT_ALL_S = 60.0


@click.command("certify")
@click.argument("subjects", metavar="[SUBJECT]...", nargs=-1)
@click.option("--world", default="sim", show_default=True, help="Where to run: sim, processes or containers.")
@click.option(
    "--sets",
    type=POSITIVE,
    help="On a real world: so many sets of servers share a search (default: what this machine can bear).",
)
@click.option(
    "--budget", type=Duration(), help="Time for the whole search, such as 30s (default; 60s for all)."
)
@click.option(
    "--runs", type=POSITIVE, help="Instead: so many generated runs a subject; same seed, same result."
)
@click.option("--seed", type=SEED, default=0, show_default=True, help="What is drawn follows from it.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("certificate"), show_default=True,
              help="Folder for certificate.json, report.html and the counterexamples.")  # fmt: skip
@click.option("--junit", "junit_file", type=click.Path(path_type=Path), help="Also write JUnit XML here.")
@click.option(
    "--mutants/--no-mutants", default=None, help="Score the mutants of each subject (default: if no SUBJECT)."
)
@click.option(
    "--confirm", "confirm_world", help="Replay each counterexample on this real world too (systems only)."
)
@click.option(
    "--confirm-times", type=POSITIVE, default=10, show_default=True, help="How often to replay it there."
)
@click.option("--json", "as_json", is_flag=True, help="Print the certificate, and only that, to stdout.")
def command(
    subjects: tuple[str, ...],
    world: str,
    sets: int | None,
    budget: float | None,
    runs: int | None,
    seed: int,
    out: Path,
    junit_file: Path | None,
    mutants: bool | None,
    confirm_world: str | None,
    confirm_times: int,
    as_json: bool,
) -> int:
    """Judge subjects; without SUBJECT every shipped one.

    SUBJECT is a shipped name (order-saga/hardened), a family (order-saga), a pattern ('breaker/*') or yours as
    package.module:factory, where factory() returns a shaketable.subject.Subject, or as a description (FILE.toml).

    Exits 0 when every verdict is the expected one (a subject of yours is expected to be certified), 1 when a
    promise was broken that should hold, 3 when something that should be known is not. Ctrl-C keeps what was found.
    """
    if budget is not None and runs is not None:
        raise UsageError("--budget and --runs exclude each other")
    check_world(world)
    if confirm_world is not None:
        check_world(confirm_world)
    certificate_folder.check_writable(out)
    chosen = _chosen(subjects)
    seconds = budget if runs is None else None
    if seconds is None and runs is None:
        seconds = DEFAULT_S if subjects else DEFAULT_ALL_S
    scored = not subjects if mutants is None else mutants
    plan = Plan(world, seed, seconds, runs, scored, sets_of(world, sets))
    with Interrupt() as interrupt:
        with Reporter() as reporter:
            judged = judge_all(chosen, plan, interrupt, reporter)
        if confirm_world is not None and not judged.interrupted:
            subjects_of = [c.subject for c in chosen]
            confirm_all(judged, subjects_of, confirm_world, confirm_times, interrupt)
        return _deliver(chosen, judged, out, junit_file, as_json)


def _chosen(names: Sequence[str]) -> list[Chosen]:
    chosen = named(names) if names else [Chosen(s, s.name) for s in shipped().certifiable]
    for problem in shipped().problems if not names else ():
        note(f"shaketable: {problem}")
    if not chosen:
        raise UsageError("there is no shipped subject here; name one of yours as package.module:factory")
    return chosen


def _deliver(
    chosen: Sequence[Chosen], judged: Judged, out: Path, junit_file: Path | None, as_json: bool
) -> int:
    """Write everything, print what is asked for, and say how it ended."""
    subjects = [c.subject for c in chosen]
    certificate, files = certificate_folder.with_digests(_certificate(subjects, judged), judged.histories)
    stories = _stories(subjects, certificate, judged)
    pages = {file: (story, judged.histories[file]) for file, story in stories.items()}
    certificate_folder.write(out, certificate, files, html.page(certificate, pages))
    if junit_file is not None:
        write_whole(junit_file, junit.dumps(certificate, stories))
    if as_json:
        click.echo(certificate_file.dumps(certificate).decode(), nl=False)
    else:
        _print(chosen, certificate, stories, out)
    for fault, detail in zip(judged.faults, judged.details, strict=True):
        note(f"{detail.rstrip()}\nshaketable: harness fault: {one_line(fault)}")
    if judged.interrupted:
        done = len(certificate.subjects)
        note(
            f"interrupted: {done} of {len(chosen)} subjects were judged; they are in {out / certificate_folder.CERTIFICATE}"
        )
    return exit_code(certificate, subjects)


def _certificate(subjects: Sequence[Subject], judged: Judged) -> Certificate:
    return Certificate(
        shaketable=__version__,
        python=platform.python_version(),
        revision=_revision(),
        command=shlex.join(["shaketable", *sys.argv[1:]]),
        interrupted=judged.interrupted,
        subjects=judged.in_order(subjects),
        faults=tuple(judged.faults),
    )


def _stories(subjects: Sequence[Subject], certificate: Certificate, judged: Judged) -> dict[str, Story]:
    by_name = {s.name: s for s in subjects}
    return {
        example.file: msgspec.structs.replace(
            tell(by_name[result.subject], example.schedule, judged.histories[example.file], example.finding),
            remark=timing_words(example) if example.hangs_on_timing else "",
        )
        for result in certificate.subjects
        for promise in result.promises
        for example in promise.counterexamples
        if example.file in judged.histories
    }


def _print(chosen: Sequence[Chosen], certificate: Certificate, stories: dict[str, Story], out: Path) -> None:
    specs = {c.subject.name: c.spec for c in chosen}
    for file, story in stories.items():
        path = os.path.join(out, certificate_folder.schedule_path(file))
        show_story(story, replay_command(path, specs[story.subject]))
    show(tables(certificate))
    for result in certificate.subjects:
        show([subject_line(result), *notes(result)])
    show(["", summary_line(certificate)])
    click.echo(f"{out / certificate_folder.CERTIFICATE}  {out / certificate_folder.PAGE}")


def replay_command(path: str, spec: str) -> str:
    """What to type to see it again; a subject of yours has to be named, a file may not choose what is imported."""
    yours = f" --subject {shlex.quote(spec)}" if is_yours(spec) else ""
    return f"shaketable replay {shlex.quote(path)}{yours}"


def exit_code(certificate: Certificate, subjects: Sequence[Subject]) -> Exit:
    """0 as expected; 1 something broke that should hold; 3 something that should be known is not."""
    by_name = {s.name: s for s in subjects}
    surprising = [r for r in certificate.subjects if not r.as_expected]
    if any(_broke_unexpectedly(r, by_name[r.subject]) for r in surprising):
        return Exit.VIOLATED
    if certificate.faults:
        return Exit.HARNESS
    if surprising or certificate.interrupted:
        return Exit.UNKNOWN
    return Exit.CERTIFIED


def _broke_unexpectedly(result: SubjectResult, subject: Subject) -> bool:
    known = {*subject.expects.breaks, *subject.expects.may_break}
    return any(p.verdict is Verdict.VIOLATED and p.id not in known for p in result.promises)


def _revision() -> str:
    """The checkout's commit, or "" outside of one."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=2, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""
