"""Tables and summary lines: the verdict in one word, and what it is based on."""

import io

import msgspec
import report_samples as samples
from rich.console import Console

from shaketable.certificate import Confirmation
from shaketable.report.console import notes, subject_line, summary_line, tables
from shaketable.report.result_words import verdict_word


def printed(*parts, width=100, **options) -> str:
    sink = io.StringIO()
    console = Console(file=sink, width=width, **options)
    for part in parts:
        console.print(part)
    return sink.getvalue()


def test_the_table_has_promises_down_and_subjects_across():
    text = printed(*tables(samples.certificate()))
    row = next(line for line in text.splitlines() if "SG-1" in line)
    assert "✘ violated" in row
    assert "✔ certified" in row


def test_a_breach_a_declared_profile_allows_is_not_called_a_violation():
    promise = samples.result().promises[0]
    finding = msgspec.structs.replace(samples.money_kept(), level="OFF-PROFILE")
    off = msgspec.structs.replace(promise, counterexamples=(samples.example(finding),))
    limit = msgspec.structs.replace(samples.money_kept(), level="LIMIT")
    both = msgspec.structs.replace(promise, counterexamples=(samples.example(limit),))
    assert [verdict_word(p) for p in (promise, off, both)] == ["violated", "off-profile", "limit"]


def test_the_subject_line_says_what_the_verdict_rests_on():
    line = str(subject_line(samples.result()))
    assert "412 runs · 388 faults landed" in line
    assert "1 of 2 mutants killed" in line


def test_what_needs_attention_is_noted():
    result = samples.result(surprises=("SG-4 was not expected",), calibration=("wait is 5 s",))
    text = "\n".join(str(n) for n in notes(result))
    for said in (
        "surprise: SG-4",
        "does not fit what is declared: wait is 5 s",
        "SG-5 unknown: never exercised",
        "alive: sly",
        "24 runs prove",
    ):
        assert said in text


def on_processes(world, *said):
    result = samples.result()
    promise = result.promises[0]
    example = msgspec.structs.replace(
        samples.example(samples.money_kept()), reproduced=4, replays=5, confirmations=said
    )
    broken = msgspec.structs.replace(promise, counterexamples=(example,))
    broken_there = msgspec.structs.replace(result, world=world, promises=(broken, *result.promises[1:]))
    return "\n".join(str(n) for n in notes(broken_there))


def test_what_a_real_world_shows_is_printed_with_its_rate():
    assert (
        "SG-1 money kept: It showed again in 4 of 5 (95 %: 38% to 96%) replays on processes."
        in on_processes("processes")
    )
    assert "showed again" not in on_processes("sim")


def test_a_confirmation_is_printed_with_its_rate_and_its_reason():
    printed_notes = on_processes(
        "sim",
        Confirmation("processes", 10, 10, "confirmed"),
        Confirmation("containers", 0, 3, "unknown", "3 of 3 runs: no fault landed"),
    )
    assert "SG-1 money kept: confirmed 10 of 10 (95 %: 72% to 100%) on processes" in printed_notes
    assert "unknown 0 of 3 (95 %: 0% to 56%) on containers: 3 of 3 runs: no fault landed" in printed_notes


def test_the_last_line_tells_a_surprise_and_an_interruption_from_success():
    assert "every verdict is the expected one" in str(summary_line(samples.certificate()))
    surprise = samples.certificate(samples.result(as_expected=False), interrupted=True)
    assert str(summary_line(surprise)) == "interrupted: 1 subject: 1 violated; 1 surprise"


def test_colours_are_for_terminals_only():
    assert "\x1b" not in printed(subject_line(samples.result()))
    assert "\x1b" in printed(subject_line(samples.result()), force_terminal=True, color_system="standard")
