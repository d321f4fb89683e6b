"""The command from a user's side: exit codes, output, files. Every bad input is one line on stderr and exit 2."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shaketable.cli import main
from shaketable.report import certificate_file
from shaketable.report.schedule_file import load
from shaketable.schedule import Do, Expected, Schedule, Wait, dumps

pytest_plugins = ["pytester"]

BROKEN = Schedule(
    "jar/broken",
    (Do("put", {"coins": 1}), Wait(10), Do("take", {"coins": 3}), Wait(10)),
    expected=Expected("JR-1", "overdrawn"),
)


def run(*args):
    return CliRunner().invoke(main, [str(a) for a in args])


def refused(*args):
    done = run(*args)
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("shaketable: ")
    return done.stderr


def certify(tmp_path, *specs, runs=40):
    return run("certify", *[f"jar_subject:{s}" for s in specs], "--runs", runs, "--out", tmp_path / "out")


def test_a_subject_that_keeps_its_promises_is_certified(tmp_path):
    done = certify(tmp_path, "sound")
    assert done.exit_code == 0, done.output
    assert "1 subject: 1 certified; every verdict is the expected one" in done.stdout
    assert (tmp_path / "out" / "report.html").read_text().startswith("<!doctype html>")


def test_a_broken_promise_is_printed_as_a_story_and_kept_as_a_file(tmp_path):
    done = certify(tmp_path, "broken")
    assert done.exit_code == 1, done.output
    assert "VIOLATION  jar/broken breaks JR-1: overdrawn" in done.stdout
    assert "level coins=-1" in done.stdout
    files = sorted((tmp_path / "out" / "counterexamples").iterdir())
    assert [f.name for f in files] == [
        "jar-broken--jr-1--overdrawn.history.jsonl", "jar-broken--jr-1--overdrawn.json",
    ]  # fmt: skip
    assert load(files[1]).steps == (Do("take", {"coins": 1}),)
    assert f"shaketable replay {files[1]} --subject jar_subject:broken" in done.stdout


def test_a_known_defect_is_as_expected(tmp_path):
    assert certify(tmp_path, "known_broken", "sound").exit_code == 0


def test_a_promise_that_was_never_exercised_is_unknown(tmp_path):
    done = certify(tmp_path, "unseen")
    assert done.exit_code == 3
    assert "JR-1, JR-2 unknown" in done.stdout


@pytest.mark.parametrize("defect", ["raising", "exiting"])
def test_a_subject_that_breaks_the_harness_costs_only_itself(tmp_path, defect):
    done = certify(tmp_path, defect, "sound")
    assert done.exit_code == 4
    assert f"harness fault: jar_subject:{defect}" in done.stderr
    assert "1 certified" in done.stdout
    assert certificate_file.load(tmp_path / "out" / "certificate.json").verdict.name == "UNKNOWN"


def test_a_part_that_does_not_start_is_a_usage_error_with_the_end_of_its_log(tmp_path):
    done = certify(tmp_path, "never_starting", "sound")
    assert done.exit_code == 2, done.output
    ending = "shaketable: jar did not start: ended with status 3\n  no coins\\x1b[2J\nsee its env\n"
    assert done.stderr.endswith(ending)


def test_json_is_the_certificate_and_nothing_else_on_stdout(tmp_path):
    done = run("certify", "jar_subject:broken", "--runs", 20, "--out", tmp_path / "o", "--json")
    assert done.stdout == (tmp_path / "o" / "certificate.json").read_text()
    assert json.loads(done.stdout)["verdict"] == "violated"


def test_junit_is_written_on_request(tmp_path):
    run("certify", "jar_subject:broken", "--runs", 20, "--out", tmp_path / "o", "--junit", tmp_path / "j.xml")
    assert "<failure" in (tmp_path / "j.xml").read_text()


@pytest.mark.parametrize(
    "args",
    [
        ("frobnicate",), ("certify", "--budget", "soon"), ("certify", "--runs", "0"), ("certify", "--runs", "many"),
        ("certify", "--seed", "-1"), ("certify", "--world", "mars"), ("certify", "--world", "moon", "--budget", "1s"),
        ("certify", "--budget", "1s", "--runs", "5"), ("certify", "no-such-subject"), ("certify", "no.such:thing"),
        ("certify", "--no-such-option"), ("replay", "/no/such/file"), ("replay",), ("shrink", "/dev/null"),
        ("verify", "/no/such/dir"), ("boundaries", "no-such-subject"), ("boundaries", "jar_subject:sound"),
        ("mutants", "no-such-mutant"), ("replay", "/dev/zero"), ("verify", "/dev"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_2(args):
    refused(*args)


def test_a_folder_with_other_files_is_refused_before_anything_runs(tmp_path):
    (tmp_path / "thesis.doc").write_text("years of work")
    assert "not a certificate of ours" in refused("certify", "jar_subject:broken", "--out", tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200) | st.integers(0, 400).map(lambda n: dumps(BROKEN)[:n]))
def test_no_bytes_in_a_file_get_further_than_one_line(tmp_path, raw):
    file = tmp_path / "x.json"
    file.write_bytes(raw)
    refused("replay", file)
    refused("shrink", file)
    (tmp_path / "certificate.json").write_bytes(raw)
    refused("verify", tmp_path)


@pytest.mark.parametrize(
    "raw", [b"[" * 300_000, b'{"format":"\\u001b[2J","version":1,"schedule":{"subject":"a","steps":[]}}']
)
def test_deep_nesting_and_escape_sequences_do_no_harm(tmp_path, raw):
    file = tmp_path / "x.json"
    file.write_bytes(raw)
    assert "\x1b" not in refused("replay", file)


def test_replay_says_how_often_it_failed_the_same_way(tmp_path):
    file = tmp_path / "x.json"
    file.write_bytes(dumps(BROKEN))
    done = run("replay", file, "--times", 20, "--subject", "jar_subject:broken")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1].startswith("20 of 20 failed the same way (JR-1 overdrawn")


def test_replay_of_what_no_longer_happens_exits_1(tmp_path):
    import msgspec

    file = tmp_path / "x.json"
    file.write_bytes(dumps(msgspec.structs.replace(BROKEN, subject="jar/sound")))
    done = run("replay", file, "--subject", "jar_subject:sound")
    assert done.exit_code == 1
    assert "was expected and did not appear" in done.stdout


def test_a_replay_that_proves_nothing_exits_3(tmp_path):
    import msgspec

    file = tmp_path / "x.json"
    file.write_bytes(dumps(msgspec.structs.replace(BROKEN, steps=())))
    assert run("replay", file, "--subject", "jar_subject:broken").exit_code == 3


def test_a_schedule_of_an_unknown_subject_is_refused_with_a_hint(tmp_path):
    file = tmp_path / "x.json"
    file.write_bytes(dumps(BROKEN))
    assert "--subject package.module:factory" in refused("replay", file)


def test_replay_writes_a_test_that_fails_until_the_defect_is_mended(tmp_path, pytester):
    file = tmp_path / "x.json"
    file.write_bytes(dumps(BROKEN))
    run("replay", file, "--subject", "jar_subject:broken", "--as-test", pytester.path / "test_kept.py")
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(failed=1)
    text = (pytester.path / "test_kept.py").read_text()
    (pytester.path / "test_kept.py").write_text(
        text.replace("jar/broken", "jar/sound").replace(":broken", ":sound")
    )
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_shrink_writes_the_shortest_schedule_beside_the_file(tmp_path):
    file = tmp_path / "x.json"
    file.write_bytes(dumps(BROKEN))
    done = run("shrink", file, "--subject", "jar_subject:broken")
    assert done.exit_code == 0, done.output
    assert load(tmp_path / "x.min.json").steps == (Do("take", {"coins": 1}),)
    assert "4 steps to 1" in done.stdout


def test_list_shows_what_is_shipped_and_is_json_on_request():
    done = run("list", "--json")
    assert done.exit_code == 0
    assert set(json.loads(done.stdout)) == {"subjects", "promises", "problems", "missing"}


def test_doctor_knows_three_worlds():
    done = run("doctor")
    assert done.exit_code == 0
    assert [line.split(":")[0] for line in done.stdout.splitlines() if not line.startswith(" ")] == [
        "sim", "processes", "containers",
    ]  # fmt: skip


def test_help_names_the_exit_codes_and_every_command():
    text = run("--help").stdout
    assert "0 certified, 1 violated, 2 usage, 3 unknown, 4 the harness" in text
    for name in ("init", "certify", "boundaries", "replay", "shrink", "verify", "list", "mutants", "doctor"):
        assert name in text
        assert run(name, "--help").exit_code == 0
