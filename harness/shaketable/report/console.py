"""The console report of `certify`: a table of promise × verdict, one line a subject with notes, and the last line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from shaketable.certificate import (
    Certificate,
    Confirmation,
    Counterexample,
    MutantResult,
    SubjectResult,
)
from shaketable.report.printable import clipped, plain_name, printable
from shaketable.report.result_words import (
    claimed_words,
    never_reached_words,
    not_claimed_words,
    orders_words,
    reasons_for_unknown,
    search_words,
    verdict_word,
)
from shaketable.report.story.rate_words import confirmation_words, replay_words
from shaketable.world_traits import traits_of

_STYLES = {
    "certified": "green",
    "violated": "bold red",
    "off-profile": "yellow",
    "limit": "blue",
    "unknown": "magenta",
}
_MARKS = {"certified": "✔", "violated": "✘", "off-profile": "✘", "limit": "✘", "unknown": "?"}


def tables(certificate: Certificate) -> list[Table]:
    """Return one table a pattern: promises down, subjects across."""
    groups: dict[str, list[SubjectResult]] = {}
    for result in certificate.subjects:
        groups.setdefault(result.pattern, []).append(result)
    return [_table(pattern, results) for pattern, results in groups.items()]


def _table(pattern: str, results: Sequence[SubjectResult]) -> Table:
    table = Table(title=printable(pattern), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("promise", overflow="fold", min_width=24)
    for result in results:
        table.add_column(printable(result.subject.rpartition("/")[2] or result.subject), no_wrap=True)
    for id_, title in _promises(results).items():
        cells = [_cell(result, id_) for result in results]
        table.add_row(f"{printable(id_)} {printable(title)}", *cells)
    return table


def _promises(results: Iterable[SubjectResult]) -> dict[str, str]:
    return {p.id: p.title for result in results for p in result.promises}


def _cell(result: SubjectResult, promise_id: str) -> Text:
    found = next((p for p in result.promises if p.id == promise_id), None)
    return Text("–", style="dim") if found is None else _verdict(verdict_word(found))


def _verdict(word: str) -> Text:
    """Return the mark and the word, `✔ certified`, coloured."""
    return Text(f"{_MARKS[word]} {word}", style=_STYLES[word])


def subject_line(result: SubjectResult) -> Text:
    """Return the verdict on one subject, and the runs and faults that it is based on."""
    spent = result.spent
    word = result.verdict.name.lower()
    expected = Text("as expected", style="dim") if result.as_expected else Text("SURPRISE", style="bold red")
    return Text.assemble(
        _verdict(word),
        f"  {printable(result.subject)}  ",
        expected,
        (
            f"  {_count(spent.runs, 'run')} · {_count(spent.faults_landed, 'fault')} landed · {spent.seconds:.1f} s"
            f"{_score(result.mutants)}{_claimed(result)} · {printable(search_words(result))}",
            "dim",
        ),
    )


def _claimed(result: SubjectResult) -> str:
    words = claimed_words(result)
    return f" · {words}" if words else ""


def _score(mutants: Sequence[MutantResult]) -> str:
    if not mutants:
        return ""
    return f" · {sum(1 for m in mutants if m.runs_to_kill)} of {len(mutants)} mutants killed"


def notes(result: SubjectResult) -> list[Text]:
    """Return the lines that need attention: surprises, calibration mismatches that are not among them, reasons for
    unknown, rates on real worlds, mutants alive, which orders were tried, and runs that prove nothing.
    """
    out = [Text(f"  surprise: {printable(s)}", style="red") for s in result.surprises]
    out += [
        Text(f"  does not fit what is declared: {printable(c)}", style="magenta")
        for c in result.calibration
        if f"calibration: {c}" not in result.surprises
    ]
    for reason, ids in reasons_for_unknown(result).items():
        text = f"  {printable(', '.join(ids))} unknown: {clipped(printable(reason), 200)}"
        out.append(Text(text, style="magenta"))
    open_ends = (*not_claimed_words(result), *never_reached_words(result))
    out += [Text(f"  {clipped(printable(words), 300)}", style="dim") for words in open_ends]
    examples = [example for p in result.promises for example in p.counterexamples]
    if not traits_of(result.world).repeatable:
        out += [_rate(example, result.world) for example in examples]
    out += [
        _confirmed(example, confirmation) for example in examples for confirmation in example.confirmations
    ]
    alive = [m for m in result.mutants if not m.runs_to_kill]
    out += [
        Text(f"  alive: {printable(m.name)}, for {', '.join(m.kills)} to kill", style="red") for m in alive
    ]
    if orders := orders_words(result):
        out.append(Text(f"  {printable(orders)}", style="dim"))
    if result.unknown_runs:
        runs = sum(result.unknown_runs.values())
        reasons = ", ".join(f"{printable(reason)} {n}" for reason, n in sorted(result.unknown_runs.items()))
        out.append(Text(f"  {_count(runs, 'run')} prove nothing: {reasons}", style="dim"))
    return out


def _rate(example: Counterexample, world: str) -> Text:
    return Text(f"  {_name(example)}: {replay_words(example, world)}", style="dim")


def _confirmed(example: Counterexample, confirmation: Confirmation) -> Text:
    style = {"confirmed": "green", "refuted": "red"}.get(confirmation.outcome, "magenta")
    return Text(f"  {_name(example)}: {printable(confirmation_words(confirmation))}", style=style)


def _name(example: Counterexample) -> str:
    return printable(f"{example.finding.promise} {plain_name(example.finding.anomaly)}")


def summary_line(certificate: Certificate) -> Text:
    """Return the last line: the number of subjects, of each verdict, and of surprises."""
    results = certificate.subjects
    words = [r.verdict.name.lower() for r in results]
    tally = ", ".join(f"{words.count(w)} {w}" for w in ("certified", "violated", "unknown") if w in words)
    surprises = sum(1 for r in results if not r.as_expected)
    head = "interrupted: " if certificate.interrupted else ""
    partly = certificate.interrupted or certificate.faults or not results
    style = "bold red" if surprises else "bold yellow" if partly else "bold green"
    if surprises:
        ending = _count(surprises, "surprise")
    elif certificate.faults:
        ending = f"nothing is known of {_count(len(certificate.faults), 'subject')} more"
    elif partly:
        ending = "not all was tried"
    else:
        ending = "every verdict is the expected one"
    return Text(
        f"{head}{_count(len(results), 'subject')}: {tally or 'nothing judged'}; {ending}", style=style
    )


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
