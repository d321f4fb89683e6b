"""`shaketable verify`: a certificate's folder judged again, untouched and changed."""

import json
import shutil

import pytest
from click.testing import CliRunner

from shaketable.cli import main

GIVEN = ("--subject", "jar_subject:broken")


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verify") / "out"
    CliRunner().invoke(main, ["certify", "jar_subject:broken", "--runs", "20", "--out", str(folder)])
    return folder


@pytest.fixture
def out(certified, tmp_path):
    shutil.copytree(certified, tmp_path / "out")
    return tmp_path / "out"


def verify(out, *args):
    return CliRunner().invoke(main, ["verify", str(out), *(args or GIVEN)])


def history(out):
    return next((out / "counterexamples").glob("*.jsonl"))


def test_an_untouched_certificate_agrees(out):
    done = verify(out)
    assert done.exit_code == 0, done.output
    assert "1 of 1 agree with the certificate" in done.stdout


def test_a_changed_history_is_noticed(out):
    history(out).write_bytes(history(out).read_bytes().replace(b"-1", b"-2"))
    done = verify(out)
    assert done.exit_code == 1
    assert done.stdout.startswith("changed")


def test_a_missing_history_is_missing(out):
    history(out).unlink()
    done = verify(out)
    assert done.exit_code == 3
    assert done.stdout.startswith("missing")


def test_a_history_forged_with_its_digest_is_judged_and_differs(out):
    from shaketable.report.data_file import sha256

    forged = history(out).read_bytes().replace(b'{"coins":-1}', b'{"coins":1}')
    history(out).write_bytes(forged)
    path = out / "certificate.json"
    tree = json.loads(path.read_text())
    tree["subjects"][0]["promises"][0]["counterexamples"][0]["history_sha256"] = sha256(forged)
    path.write_text(json.dumps(tree))
    done = verify(out)
    assert done.exit_code == 1
    assert "does not show it" in done.stdout


def test_a_forged_verdict_is_no_certificate(out):
    path = out / "certificate.json"
    path.write_text(path.read_text().replace('"violated"', '"certified"', 1))
    done = verify(out)
    assert done.exit_code == 2
    assert "contradicts itself" in done.stderr


def test_a_verdict_against_its_counterexamples_differs(out):
    path = out / "certificate.json"
    path.write_text(path.read_text().replace('"violated"', '"certified"'))
    assert verify(out).exit_code == 1


def test_a_subject_not_known_here_is_unknown(out):
    done = verify(out, "--subject", "jar_subject:sound")
    assert done.exit_code == 3
    assert done.stdout.startswith("unknown")


def test_a_file_name_that_leads_out_of_the_folder_is_not_followed(out):
    path = out / "certificate.json"
    tree = json.loads(path.read_text())
    tree["subjects"][0]["promises"][0]["counterexamples"][0]["file"] = "../../../etc/passwd"
    path.write_text(json.dumps(tree))
    done = verify(out)
    assert done.exit_code == 1
    assert "is no name for a file" in done.stdout
