"""Certificates of runs whose orders were decided: what they tell is made again, byte for byte, and other deviations are noticed."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from shaketable.cli import main
from shaketable.report import certificate_folder, manifest
from shaketable.report.data_file import sha256

SPEC = "tests.mutants.orders.rows:lost_update"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    done = CliRunner().invoke(main, ["certify", SPEC, "--runs", "30", "--out", str(tmp_path / "out")])
    assert done.exit_code == 1, done.output
    return tmp_path / "out"


def verified(out: Path):
    return CliRunner().invoke(main, ["verify", str(out), "--subject", SPEC, "--reproduce", "1"])


def test_a_counterexample_that_needs_an_order_is_run_again_to_the_same_bytes(out):
    done = verified(out)
    assert done.exit_code == 0, done.output
    assert "OD-LOST lost-update: run again and judged again, the same" in done.stdout


def test_deviations_that_others_were_put_in_place_of_are_noticed(out):
    """By a forger who makes everything that follows from the certificate anew."""
    path = out / certificate_folder.CERTIFICATE
    certificate = json.loads(path.read_bytes())
    (example,) = certificate["subjects"][0]["promises"][0]["counterexamples"]
    stored = out / certificate_folder.schedule_path(example["file"])
    schedule = json.loads(stored.read_bytes())
    assert schedule["schedule"]["deviations"] == example["schedule"]["deviations"]
    other = [{"at": "stock>postgres SELECT stock #1", "leg": "request", "late_ms": 1}]
    schedule["schedule"]["deviations"] = example["schedule"]["deviations"] = other
    stored.write_bytes(msgspec.json.encode(schedule))
    example["sha256"] = sha256(stored.read_bytes())
    path.write_bytes(msgspec.json.encode(certificate))
    files = [p for p in out.rglob("*") if p.is_file() and p.name != "manifest.json"]
    sealed = {p.relative_to(out).as_posix(): p.read_bytes() for p in files}
    (out / "manifest.json").write_bytes(manifest.dumps(sealed))
    done = verified(out)
    assert done.exit_code == 1, done.output
    assert "run again, its schedule gives another history" in done.stdout
