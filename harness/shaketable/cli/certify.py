"""`shaketable certify`: search for counterexamples, shrink them, print their stories and write the certificate."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from shaketable.certificate import Certificate, SubjectResult
from shaketable.cli.certification import Plan, certify_all, confirm_all
from shaketable.cli.commands import Exit, one_line
from shaketable.cli.draft import Draft, DraftKeeper
from shaketable.cli.github_step import tell_github
from shaketable.cli.interrupt import Interrupt
from shaketable.cli.options import POSITIVE, Duration, seed_option, world_option
from shaketable.cli.output import note, note_bare_intervals, note_problems, show, show_story
from shaketable.cli.progress import Reporter
from shaketable.cli.results import Results
from shaketable.cli.subjects import SelectedSubject, is_user_defined, select, shipped
from shaketable.errors import UsageError
from shaketable.report import certificate_file, certificate_folder
from shaketable.report.console import notes, subject_line, summary_line, tables
from shaketable.report.data_file import check_can_write, write_whole
from shaketable.report.printable import printable
from shaketable.report.signature import Signer
from shaketable.report.story.story import Story
from shaketable.report.unfinished_folder import UnfinishedFolder, left_behind
from shaketable.subject import Subject
from shaketable.verdict import Verdict
from shaketable.world_choice import check_world, sets_of

_DEFAULT_S = 30.0
_DEFAULT_ALL_S = 132.0


@click.command("certify")
@click.argument("subjects", metavar="[SUBJECT]...", nargs=-1)
@world_option
@click.option(
    "--sets",
    type=POSITIVE,
    help="On a real world, share a search among this many sets of servers (default: what this machine can bear).",
)
@click.option(
    "--budget",
    type=Duration(),
    help="Limit the time of the whole search, such as 30s (default; 132s for all).",
)
@click.option(
    "--runs",
    type=POSITIVE,
    help="Make this many generated runs a subject instead; the same seed gives the same result.",
)
@seed_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("certificate"), show_default=True,
              help="Write certificate.json, report.html and the counterexamples to this folder.")  # fmt: skip
@click.option(
    "--junit", "junit_file", type=click.Path(path_type=Path), help="Also write JUnit XML to this file."
)
@click.option(
    "--mutants/--no-mutants", default=None, help="Score the mutants of each subject (default: if no SUBJECT)."
)
@click.option(
    "--confirm", "confirm_world", help="Also replay each counterexample on this real world (systems only)."
)
@click.option(
    "--confirm-times", type=POSITIVE, default=10, show_default=True, help="Replay it there this many times."
)
@click.option(
    "--sign",
    type=click.Path(path_type=Path),
    help="Sign the folder's digest with this Ed25519 private key (PEM).",
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
    sign: Path | None,
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
    if junit_file is not None:
        check_can_write(junit_file)
    signer = None if sign is None else Signer(sign)
    selected = _selected(subjects)
    for one in selected:
        note_bare_intervals(one.subject, world)
    seconds = budget if runs is None else None
    if seconds is None and runs is None:
        seconds = _DEFAULT_S if subjects else _DEFAULT_ALL_S
    with_mutants = not subjects if mutants is None else mutants
    plan = Plan(world, seed, seconds, runs, with_mutants, sets_of(world, sets))
    _tell_left_behind(out)
    with Interrupt() as interrupt, UnfinishedFolder(out) as unfinished:
        keeper = DraftKeeper([s.subject for s in selected], unfinished)
        with Reporter() as reporter:
            results = certify_all(selected, plan, interrupt, reporter, keeper)
        if confirm_world is not None and not results.interrupted:
            confirm_all(results, [s.subject for s in selected], confirm_world, confirm_times, interrupt)
        if results.interrupted and not results.by_subject and not results.faults:
            note(f"interrupted: none of {len(selected)} subjects was judged; nothing was written")
            return Exit.UNKNOWN
        return _deliver(selected, results, _Output(out, junit_file, signer, as_json, unfinished))


def _selected(names: Sequence[str]) -> list[SelectedSubject]:
    if names:
        return select(names)
    note_problems(shipped().problems)
    selected = [SelectedSubject(s, s.name) for s in shipped().certifiable]
    if not selected:
        raise UsageError("there is no shipped subject here; name one of yours as package.module:factory")
    return selected


@dataclass(frozen=True, slots=True)
class _Output:
    """Where the result goes."""

    folder: Path
    junit_file: Path | None
    signer: Signer | None
    as_json: bool
    unfinished: UnfinishedFolder


def _deliver(selected: Sequence[SelectedSubject], results: Results, output: _Output) -> Exit:
    """Write the files, print the report, and return the exit code."""
    out = output.folder
    subjects = [s.subject for s in selected]
    draft = Draft.of(subjects, results)
    certificate, stories = draft.certificate, draft.stories
    root = ""
    unwritten: UsageError | None = None
    try:
        root = certificate_folder.write(out, certificate, draft.files, draft.page, draft.tests, output.signer)
        output.unfinished.remove()
        if output.junit_file is not None:
            write_whole(output.junit_file, draft.tests)
    except UsageError as error:  # such as a disk that is full by now: what was found is still told
        unwritten = error
    if output.as_json:
        click.echo(certificate_file.dumps(certificate).decode(), nl=False)
    else:
        _print(selected, certificate, stories, out)
        click.echo(f"digest {root}{'  signed' if output.signer else ''}" if root else "nothing was written")
    if os.environ.get("GITHUB_ACTIONS"):
        tell_github(
            certificate, stories, {s.subject.name: s.spec for s in selected}, root, out, output.as_json
        )
    if unwritten is not None:
        raise unwritten
    for fault, detail in zip(results.faults, results.details, strict=True):
        note(f"{detail.rstrip()}\nshaketable: harness fault: {one_line(fault)}")
    if results.interrupted:
        done = len(certificate.subjects)
        path = out / certificate_folder.CERTIFICATE
        note(f"interrupted: {done} of {len(selected)} subjects were judged; they are in {path}")
    code = _exit_code(certificate, subjects, bool(results.faults))
    if results.unusable and code is not Exit.VIOLATED:
        raise results.unusable[0]  # told last, and the exit code is that of a usage error
    for unusable in results.unusable:
        note(f"shaketable: {one_line(str(unusable))}")
    return code


def _tell_left_behind(out: Path) -> None:
    for place, certificate in left_behind(out):
        runs = sum(result.spent.runs for result in certificate.subjects)
        broken = sum(len(p.counterexamples) for result in certificate.subjects for p in result.promises)
        note(
            f"{place} keeps what `{one_line(printable(certificate.command))}` had found when it was cut off: "
            f"{broken} counterexample{'' if broken == 1 else 's'} in {runs} runs of {len(certificate.subjects)} subjects "
            f"(shaketable verify {shlex.quote(str(place))}); delete it when you have seen it"
        )


def _print(
    selected: Sequence[SelectedSubject], certificate: Certificate, stories: dict[str, Story], out: Path
) -> None:
    specs = {s.subject.name: s.spec for s in selected}
    for file, story in stories.items():
        path = os.path.join(out, certificate_folder.schedule_path(file))
        show_story(story, _replay_command(path, specs[story.subject]))
    show(tables(certificate))
    for result in certificate.subjects:
        show([subject_line(result), *notes(result)])
    show(["", summary_line(certificate)])
    click.echo(f"{out / certificate_folder.CERTIFICATE}  {out / certificate_folder.PAGE}")


def _replay_command(path: str, spec: str) -> str:
    """Return the command that replays a schedule; it names a user's subject, since a file never chooses an import."""
    users = f" --subject {shlex.quote(spec)}" if is_user_defined(spec) else ""
    return f"shaketable replay {shlex.quote(path)}{users}"


def _exit_code(certificate: Certificate, subjects: Sequence[Subject], faulty: bool) -> Exit:
    """Return the exit code: a broken promise that should hold outweighs a harness fault, that an unknown verdict."""
    by_name = {s.name: s for s in subjects}
    surprising = [r for r in certificate.subjects if not r.as_expected]
    if any(_broke_unexpectedly(r, by_name[r.subject]) for r in surprising):
        return Exit.VIOLATED
    if faulty:
        return Exit.HARNESS
    if surprising or certificate.interrupted or len(certificate.subjects) < len(subjects):
        return Exit.UNKNOWN
    return Exit.CERTIFIED


def _broke_unexpectedly(result: SubjectResult, subject: Subject) -> bool:
    known = {*subject.expects.breaks, *subject.expects.may_break}
    return any(p.verdict is Verdict.VIOLATED and p.id not in known for p in result.promises)
