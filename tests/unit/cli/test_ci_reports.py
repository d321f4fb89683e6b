"""What a CI sees of `certify` and of pytest: JUnit that agrees with the exit code, and GitHub's annotations and summary."""

import os
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from shaketable.cli import main

pytest_plugins = ["pytester"]

SPECS = {
    "sound": 0, "broken": 1, "known_broken": 0, "unseen": 3, "raising": 4, "raising sound": 4, "broken unseen": 1,
    "wrongly_known": 3,
}  # fmt: skip


def certify(tmp_path, *args):
    return CliRunner().invoke(main, ["certify", "--runs", "20", "--out", str(tmp_path / "out"), *args])


@pytest.mark.parametrize("names", SPECS)
def test_junit_agrees_with_the_exit_code(tmp_path, names):
    done = certify(tmp_path, *(f"jar_subject:{n}" for n in names.split()), "--junit", str(tmp_path / "j.xml"))
    assert done.exit_code == SPECS[names], done.output
    root = ElementTree.parse(tmp_path / "j.xml").getroot()
    failures, errors = len(root.findall(".//failure")), len(root.findall(".//error"))
    assert (failures > 0) == (done.exit_code == 1)
    assert (failures + errors > 0) == (done.exit_code != 0)
    for suite in root:
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("errors")) == len(suite.findall("testcase/error"))
        assert int(suite.get("tests")) == len(suite.findall("testcase"))


def test_a_step_of_github_gets_annotations_and_a_summary(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("# before\n")
    done = certify(tmp_path, "jar_subject:broken")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("::error ")]
    assert "title=jar/broken breaks JR-1%3A overdrawn::the jar holds -" in line
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("# before\n")
    assert "❌ violated" in summary
    assert "<details><summary>VIOLATION" in summary


def test_a_summary_that_cannot_be_written_changes_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "none" / "summary.md"))
    done = certify(tmp_path, "jar_subject:sound")
    assert done.exit_code == 0
    assert "the summary of the step cannot be written" in done.stderr


def test_under_pytest_the_story_is_in_junit_and_on_github(pytester, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    pytester.makepyfile(
        "import jar_subject\nfrom shaketable import certify\n\ndef test_jar():\n    certify(jar_subject.broken())"
    )
    done = pytester.runpytest("-p", "no:cacheprovider", "--junitxml", "j.xml")
    failure = ElementTree.parse(pytester.path / "j.xml").getroot().find(".//failure")
    assert "VIOLATION  jar/broken breaks JR-1: overdrawn" in failure.text
    assert done.stdout.str().count("VIOLATION  jar/broken") == 1
    done.stdout.fnmatch_lines(["::error file=*.py,line=4,title=jar/broken breaks JR-1::jar/broken breaks*"])
    assert "<details><summary>VIOLATION" in (pytester.path / "summary.md").read_text()


@pytest.mark.parametrize("kind", ["a file", "below a file", "too long", "no right", "its file is a folder"])
def test_a_place_that_cannot_be_written_is_told_before_the_search(tmp_path, kind):
    out = tmp_path / "out"
    match kind:
        case "a file":
            out.write_text("mine")
        case "below a file":
            out.write_text("mine")
            out = out / "certificate"
        case "too long":
            out = tmp_path / ("x" * 300) / "certificate"
        case "no right":
            if os.geteuid() == 0:
                out = type(out)("/proc/self/certificate")
            else:
                out.mkdir(0o500)
        case _:
            (out / "report.html").mkdir(parents=True)
            CliRunner().invoke(
                main, ["certify", "jar_subject:sound", "--runs", "5", "--out", str(tmp_path / "o")]
            )
            (out / "certificate.json").write_bytes((tmp_path / "o" / "certificate.json").read_bytes())
    before = sorted(str(p) for p in tmp_path.rglob("*"))
    done = CliRunner().invoke(main, ["certify", "jar_subject:hanging", "--runs", "20", "--out", str(out)])
    assert done.exit_code == 2, done.output
    assert len(done.stderr.splitlines()) == 1
    assert sorted(str(p) for p in tmp_path.rglob("*")) == before


def test_a_junit_file_that_cannot_be_written_is_told_before_the_search(tmp_path):
    (tmp_path / "file").write_text("")
    done = certify(tmp_path, "jar_subject:hanging", "--junit", str(tmp_path / "file" / "j.xml"))
    assert done.exit_code == 2
    assert not (tmp_path / "out").exists()
