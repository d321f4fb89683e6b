"""The pytest plugin: a failing test shows its story; tests that do not use it pay nothing for it."""

import subprocess
import sys

import pytest

from shaketable import testing

pytest_plugins = ["pytester"]

TEST = """
import jar_subject
from shaketable import certify

def test_my_jar():
    certify(jar_subject.{factory}(){more})
"""


def run(pytester, factory, *args, more=""):
    pytester.makepyfile(test_jar=TEST.format(factory=factory, more=more))
    return pytester.runpytest("-p", "no:cacheprovider", *args)


def test_a_broken_promise_tells_its_story_and_how_to_replay_it(pytester):
    result = run(pytester, "broken")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        ">*certify(jar_subject.broken())",
        "*PromiseBroken: jar/broken breaks JR-1 (overdrawn)*",
        "*- shaketable -*",
        "VIOLATION  jar/broken breaks JR-1: overdrawn",
        "*1. 0.000 s client take coins=1",
        "*level coins=-1",
        "*replay: pytest test_jar.py::test_my_jar --shaketable-replay .shaketable/jar-broken--jr-1--overdrawn.json",
    ])  # fmt: skip
    assert not any("harness/shaketable/explore" in line for line in result.outlines)


def test_the_replay_command_runs_only_that_schedule(pytester):
    run(pytester, "broken")
    file = ".shaketable/jar-broken--jr-1--overdrawn.json"
    run(pytester, "broken", "--shaketable-replay", file).assert_outcomes(failed=1)
    run(pytester, "sound", "--shaketable-replay", file).assert_outcomes(skipped=1)


def test_a_subject_that_keeps_its_promises_passes(pytester):
    run(pytester, "sound").assert_outcomes(passed=1)


def test_a_promise_never_exercised_is_no_pass(pytester):
    result = run(pytester, "unseen")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*jar/unseen is not certified*"])
    run(pytester, "unseen", more=", allow_unknown=['JR-1', 'JR-2']").assert_outcomes(passed=1)


def test_the_profile_decides_how_much_is_tried(pytester, monkeypatch):
    pytester.makepyfile(
        "from shaketable.testing import _choice\ndef test_it():\n    assert _choice.get().profile == 'ci'"
    )
    monkeypatch.setenv("CI", "1")
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=1)
    pytester.runpytest("-p", "no:cacheprovider", "--shaketable-profile", "soak").assert_outcomes(failed=1)
    assert pytester.runpytest("--shaketable-profile", "huge").ret == 4


def test_the_marker_is_known_and_hypothesis_profiles_are_there_when_asked_for(pytester):
    pytester.makepyfile(
        "import pytest\nfrom hypothesis import settings\n@pytest.mark.shaketable\ndef test_it():\n"
        "    assert settings.get_profile('shaketable-ci').max_examples == 500"
    )
    args = ("--strict-markers", "--hypothesis-profile", "shaketable-ci", "-p", "no:cacheprovider")
    pytester.runpytest_subprocess(*args).assert_outcomes(passed=1)


def test_a_project_that_does_not_use_it_imports_nothing_heavy():
    code = (
        "import sys, shaketable.pytest_plugin, shaketable.testing;"
        "print([m for m in ('msgspec', 'hypothesis', 'rich', 'click', 'shaketable.explore', 'shaketable.report') if m in sys.modules])"
    )
    heavy = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "msgspec" not in heavy
    assert "hypothesis" not in heavy
    assert "shaketable." not in heavy


def test_a_failing_test_leaves_nothing_for_version_control(pytester):
    run(pytester, "broken")
    assert (pytester.path / ".shaketable" / ".gitignore").read_text() == "*\n"


def test_the_replay_command_is_right_where_pytest_was_started(pytester, monkeypatch):
    pytester.makeini("[pytest]\n")
    inner = pytester.mkdir("tests")
    (inner / "test_jar.py").write_text(TEST.format(factory="broken", more=""))
    monkeypatch.chdir(inner)
    told = pytester.runpytest("-p", "no:cacheprovider")
    told.stdout.fnmatch_lines([
        "*replay: pytest test_jar.py::test_my_jar --shaketable-replay ../.shaketable/jar-broken--jr-1--overdrawn.json",
    ])  # fmt: skip


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_replay_of_a_file_that_is_not_there_is_one_line(pytester, monkeypatch, elsewhere):
    pytester.makeini("[pytest]\n")
    file = ".shaketable/jar-broken--jr-1--overdrawn.json"
    if elsewhere:
        run(pytester, "broken")
        monkeypatch.chdir(pytester.mkdir("tests"))
    result = pytester.runpytest("-p", "no:cacheprovider", "--shaketable-replay", file)
    (line,) = (line for line in result.errlines if line)
    assert "--shaketable-replay" in line
    assert "is no file" in line
    assert (f"there is {pytester.path / file}" in line) == elsewhere


def test_a_run_of_pytest_inside_another_leaves_its_choice_as_it_was(pytester):
    before = testing._choice.get()
    pytester.makefile(".json", other="{}")
    run(pytester, "broken", "--shaketable-replay", "other.json")
    assert testing._choice.get() == before


def test_a_replay_of_a_file_that_is_no_schedule_is_no_traceback(pytester):
    pytester.makefile(".json", other="{}")
    result = run(pytester, "broken", "--shaketable-replay", "other.json")
    result.assert_outcomes(failed=1)
    assert not any("Traceback" in line or "harness/shaketable" in line for line in result.outlines)
    result.stdout.fnmatch_lines(["*--shaketable-replay: *other.json*"])
