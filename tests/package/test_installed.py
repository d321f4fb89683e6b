"""The package as users install it, without extras and beside their own packages. pip asks its usual index."""

import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.package import users_project

ROOT = Path(__file__).parents[2]
LIMIT_S = 240
SHOP = "target_services/shaketable_targets/ticket_shop"
PACKAGES = ("shaketable", "shaketable_patterns", "shaketable_targets")
OF_AN_EXTRA = {"asyncpg", "cramjam", "redis", "starlette", "uvicorn", "uvloop", "pybreaker"}


def run(*command: object, cwd: Path, code: int = 0) -> str:
    """Run it without what this process tells pip and Python of its own environment, and return what it printed; it ends with `code`."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith("PYTHON") and k not in ("CI", "VIRTUAL_ENV")
    }
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def pip(python: Path, *arguments: object) -> str:
    """Run this environment's pip on another environment, which so needs none: it takes seconds to install."""
    return run(sys.executable, "-m", "pip", "--python", python, *arguments, cwd=python.parent)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """Copy the files under version control, and put in their midst what a build must leave out."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in run("git", "ls-files", cwd=ROOT).splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / SHOP / "bin").mkdir()
    (folder / SHOP / "bin" / "ticket-shop").write_bytes(b"\x7fELF")
    (folder / "harness" / "shaketable" / "__pycache__").mkdir()
    (folder / "harness" / "shaketable" / "__pycache__" / "fault.cpython-311.pyc").write_bytes(b"\0")
    return folder


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, checkout, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory) -> Path:
    """Make a virtual environment and return its Python, with the dependencies of the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("fresh")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    found = folder / "bin" / "python"
    pip(found, "install", "-q", "--no-compile", "-c", ROOT / "constraints.txt", wheel)
    return found


@pytest.fixture(scope="module", params=["from a wheel", "editable"])
def installed(request, python, wheel, checkout) -> Path:
    """Put one form of the package in the place of the other, and return that Python."""
    what = ("-e", checkout) if request.param == "editable" else (wheel,)
    pip(python, "install", "-q", "--force-reinstall", "--no-deps", *what)
    return python


def test_a_wheel_holds_the_packages_and_their_data_and_nothing_else(wheel, checkout):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    sources = ("harness", "properties", "target_services")
    tracked = {
        name.partition("/")[2]
        for name in run("git", "ls-files", *sources, cwd=ROOT).splitlines()
        if (ROOT / name).is_file() and not name.endswith(".gitignore")
    }
    assert names == tracked
    assert {f"{package}/py.typed" for package in PACKAGES} <= names
    assert {name.partition("/")[0] for name in names} == set(PACKAGES)
    assert {f"shaketable_targets/ticket_shop/{name}" for name in ("main.go", "shaketable.toml")} <= names


def test_nothing_of_an_extra_is_installed_without_it(python):
    listed = pip(python, "list", "--format", "freeze")
    assert OF_AN_EXTRA & {line.partition("==")[0].lower() for line in listed.splitlines()} == set()


def test_a_project_with_packages_named_as_our_folders_certifies_with_it(installed, tmp_path):
    project = users_project.create(tmp_path / "project")
    assert "2 passed" in run(installed, "-m", "pytest", "-q", cwd=project)


def test_the_test_that_init_writes_is_green_and_red_on_its_mistake(installed, tmp_path):
    began_s = time.monotonic()
    run(installed.parent / "shaketable", "init", "breaker", cwd=tmp_path)
    assert "1 passed" in run(installed, "-m", "pytest", "-q", cwd=tmp_path)
    test = tmp_path / "test_my_breaker.py"
    switch = "CERTIFIED = MyBreaker  # the planted mistake: "
    assert switch in test.read_text()
    test.write_text(test.read_text().replace(switch, ""))
    told = run(installed, "-m", "pytest", "-q", cwd=tmp_path, code=1)
    assert "VIOLATION  my-breaker breaks CB-7: permit leaked" in told
    assert "1 failed" in told
    assert time.monotonic() - began_s < 60


def test_shipped_subjects_are_certified_without_any_extra(installed, tmp_path):
    project = users_project.create(
        tmp_path / "project"
    )  # the workers of a search look there for modules first
    subjects = ("breaker/hardened", "order-saga/hardened")
    printed = run(installed.parent / "shaketable", "certify", *subjects, "--runs", "200", cwd=project)
    assert "2 subjects: 2 certified" in printed


def test_a_world_that_lacks_its_libraries_names_the_extra(installed, tmp_path):
    told = run(installed.parent / "shaketable", "doctor", cwd=tmp_path)
    for world in ("processes", "containers"):
        about = told.partition(f"{world}: ")[2]
        assert about.startswith("something is missing")
        assert re.search(rf"MISSING asyncpg library  \(pip install .*\[{world}\]", about)
