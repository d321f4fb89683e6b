"""`shaketable list`: list subjects, what is expected of them, their mutants, and the promises."""

from __future__ import annotations

import json

import click
from rich import box
from rich.table import Table

from shaketable.cli.output import note, note_problems, show
from shaketable.cli.subjects import Catalogue, shipped
from shaketable.history import Json
from shaketable.report.printable import plain_name, printable
from shaketable.subject import Component, Subject
from shaketable.verdict import Promise


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List shipped subjects (kind, expectation, mutants) and the promises by id."""
    catalogue = shipped()
    note_problems(catalogue.problems)
    if as_json:
        click.echo(json.dumps(_tree(catalogue), indent=1, ensure_ascii=False))
    else:
        show([_subjects(catalogue), _promises(catalogue)])
        for extra in sorted(set(catalogue.missing.values())):
            added = ", ".join(name for name, needed in catalogue.missing.items() if needed == extra)
            note(f"the extra {extra!r} would add {added}")


def _kind_of(subject: Subject) -> str:
    """Return `component` (one object) or `system` (services)."""
    return "component" if isinstance(subject.target, Component) else "system"


def _expectation_of(subject: Subject) -> str:
    """Return `certified` or the promises and anomalies that it is expected to break."""
    breaks = subject.expects.breaks
    if not breaks:
        return "certified"
    return "breaks " + "; ".join(f"{p} ({', '.join(map(plain_name, a))})" for p, a in breaks.items())


def _promises_of(catalogue: Catalogue) -> list[tuple[str, Promise]]:
    """Return pairs of pattern and promise, each promise once."""
    found = {p.id: (s.pattern.name, p) for s in catalogue.subjects for p in s.pattern.promises}
    return list(found.values())


def _subjects(catalogue: Catalogue) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("subject", "kind", "expected", "mutants", ""):
        table.add_column(name, overflow="fold")
    for subject in catalogue.certifiable:
        mutants = len(catalogue.mutants_of(subject.name))
        row = (subject.name, _kind_of(subject), _expectation_of(subject), str(mutants or ""), subject.summary)
        table.add_row(*map(printable, row))
    return table


def _promises(catalogue: Catalogue) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("promise", "pattern", "kind", "", "anomalies"):
        table.add_column(name, overflow="fold")
    for pattern, promise in _promises_of(catalogue):
        anomalies = ", ".join(map(plain_name, promise.anomalies))
        table.add_row(*map(printable, (promise.id, pattern, promise.kind, promise.title, anomalies)))
    return table


def _tree(catalogue: Catalogue) -> Json:
    return {
        "subjects": [_subject(s, catalogue) for s in catalogue.certifiable],
        "promises": [
            {"id": p.id, "pattern": pattern, "title": p.title, "kind": p.kind, "anomalies": p.anomalies, "source": p.source}
            for pattern, p in _promises_of(catalogue)
        ],
        "problems": catalogue.problems,
        "missing": dict(catalogue.missing),
    }  # fmt: skip


def _subject(subject: Subject, catalogue: Catalogue) -> Json:
    return {
        "name": subject.name,
        "kind": _kind_of(subject),
        "pattern": subject.pattern.name,
        "summary": subject.summary,
        "profile": subject.profile.name,
        "expected": {promise: list(anomalies) for promise, anomalies in subject.expects.breaks.items()},
        "may_break": sorted(subject.expects.may_break),
        "mutants": [{"name": m.name, "killed_by": m.kills, "summary": m.summary} for m in catalogue.mutants_of(subject.name)],
    }  # fmt: skip
