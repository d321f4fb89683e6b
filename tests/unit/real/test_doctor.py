"""The doctor's advice has to work where it is followed."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from shaketable.errors import HarnessError, UsageError
from shaketable.real import machine_requirement
from shaketable.real.containers import doctor
from shaketable.real.processes import doctor as of_processes
from shaketable.world_choice import check_world

HERE = {"url": "file:///srv/a%20b/table"}


class Installed:
    """A distribution of which pip wrote down where it came from."""

    def __init__(self, origin: object) -> None:
        self._origin = origin

    def read_text(self, _: str) -> str | None:
        return json.dumps(self._origin) if self._origin else None


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        (None, "pip install 'shaketable[processes]'"),
        ({**HERE, "dir_info": {}}, "pip install '/srv/a b/table[processes]'"),
        ({**HERE, "dir_info": {"editable": True}}, "pip install -e '/srv/a b/table[processes]'"),
        (
            {"url": "https://example.org/t.git", "vcs_info": {"vcs": "git", "commit_id": "1"}},
            "pip install 'shaketable[processes] @ git+https://example.org/t.git'",
        ),
        (
            {"url": "https://example.org/t.whl", "archive_info": {}},
            "pip install 'shaketable[processes] @ https://example.org/t.whl'",
        ),
    ],
)
def test_an_extra_comes_from_where_the_package_came(monkeypatch, origin, command):
    monkeypatch.setattr(machine_requirement, "distribution", lambda _: Installed(origin))
    assert machine_requirement.how_to_install("processes") == command


@pytest.mark.parametrize(
    ("cause", "advice"), [(PermissionError(), "group docker"), (OSError(), "install Docker")]
)
def test_who_may_not_use_the_engine_is_not_told_to_install_it(monkeypatch, cause, advice):
    def refuse() -> None:
        raise HarnessError("no answer") from cause

    monkeypatch.setattr(doctor, "connect", refuse)
    engine = next(one for one in doctor.requirements(os.environ) if one.name == "Docker engine")
    assert not engine.found
    assert engine.how.count("install Docker") == (advice == "install Docker")
    assert advice in engine.how


def without(monkeypatch, name):
    """Hide an installed library."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda wanted: find_spec(wanted) if wanted != name else None
    )


@pytest.mark.parametrize("name", ["aiokafka", "asyncpg", "cramjam", "h11", "httpx", "redis", "toxiproxy"])
def test_a_library_that_is_missing_is_one_line_that_names_the_extra_as_the_doctor_does(monkeypatch, name):
    without(monkeypatch, name)
    (lacking,) = [one for one in of_processes.missing() if "library" in one.name]
    assert lacking.name == f"{name} library"
    assert "[processes]" in lacking.how
    monkeypatch.setattr(of_processes, "missing", lambda: (lacking,))
    with pytest.raises(UsageError) as refused:
        check_world("processes")
    assert "\n" not in str(refused.value)
    assert f"{lacking.name}: {lacking.how}" in str(refused.value)


@pytest.mark.parametrize("name", ["docker", "requests", "testcontainers"])
def test_without_a_library_of_its_client_no_engine_is_looked_for(monkeypatch, name):
    without(monkeypatch, name)
    monkeypatch.setattr(doctor, "connect", lambda: pytest.fail("the engine was looked for"))
    lacking = [one for one in doctor.missing() if "library" in one.name]
    assert [one.name for one in lacking] == [f"{name} library"]
    assert "[containers]" in lacking[0].how
    with pytest.raises(UsageError, match=f"lacks {name} library"):
        check_world("containers")


def test_the_simulated_world_and_the_command_import_no_library_of_the_real_worlds():
    program = """
import sys, shaketable.cli.certify, shaketable.cli.doctor, shaketable.sim.world, shaketable.explore.certify
import shaketable.report.page, shaketable.world_choice, shaketable_patterns.order_system.subjects
real = {"aiokafka", "asyncpg", "cramjam", "docker", "h11", "httpx", "redis", "requests", "starlette"}
real |= {"testcontainers", "toxiproxy", "uvicorn", "uvloop"}
print(sorted(real & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr
