"""The cost of an import of shaketable, and the libraries that a search in the simulated world never loads."""

import importlib.util
import os
import subprocess
import sys

LIMIT_S = 120
REAL = {
    *("aiokafka", "asyncpg", "cramjam", "docker", "h11", "httpx", "redis", "requests", "starlette", "testcontainers"),
    *("toxiproxy", "uvicorn", "uvloop"),
}  # fmt: skip
"""The libraries of the real worlds, by the names they are imported by."""
OF_AN_EXTRA = {"asyncpg", "cramjam", "redis", "starlette", "uvicorn", "uvloop"}

TIMED = """
import sys, time
begun = time.perf_counter()
import {module}
print(time.perf_counter() - begun)
"""

# This runs at the start of every Python process of the search, workers too. An import of a library of the real worlds is refused, as
# if it were not installed; it is noted with its importer, and so is the import of a file of `shaketable.real`.
SITE = """
import sys

NOTES = {notes!r}

def note(*words):
    with open(NOTES, "a") as stream:
        print(*words, file=stream)

class Absent:
    def find_spec(self, name, path=None, target=None):
        refused = name.partition(".")[0] in {real!r}
        if refused or name.startswith("shaketable.real"):
            frame = sys._getframe(1)
            while frame.f_globals["__name__"].startswith("importlib"):
                frame = frame.f_back
            note(name, frame.f_globals["__name__"])
        elif name in {runs!r}:
            note(name, "ran")
        if refused:
            raise ModuleNotFoundError("no module named " + name, name=name)
        return None

sys.meta_path.insert(0, Absent())
"""
RUNS = ("shaketable.sim.session", "shaketable.components.world")
"""Files that every run of a system, or of a component, imports: a process that imports one is a process that was watched."""


def python(*arguments: str, **more: object) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=LIMIT_S, check=False, **more
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def import_s(module: str) -> float:
    """Return the shortest of five imports, each in a process of its own."""
    return min(float(python("-c", TIMED.format(module=module))) for _ in range(5))


def test_importing_it_is_cheaper_than_importing_asyncio():
    ours_s, asyncio_s = import_s("shaketable"), import_s("asyncio")
    print(  # noqa: T201  # `pytest -rP` shows it
        f"import shaketable {ours_s * 1_000:.1f} ms, import asyncio {asyncio_s * 1_000:.1f} ms"
    )
    assert ours_s < asyncio_s


def test_importing_it_loads_nothing_else_of_it_and_no_library():
    code = "import sys; before = set(sys.modules); import shaketable; print(*set(sys.modules) - before)"
    loaded = python("-c", code).split()
    assert [name for name in loaded if name.partition(".")[0] not in sys.stdlib_module_names] == [
        "shaketable"
    ]


def test_a_search_in_the_simulated_world_needs_no_library_of_a_real_one(tmp_path):
    notes = tmp_path / "notes"
    (tmp_path / "sitecustomize.py").write_text(SITE.format(notes=str(notes), real=REAL, runs=RUNS))
    python(
        *("-m", "shaketable", "certify", "breaker/hardened", "order-saga/hardened", "--runs", "200"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    seen = [line.split() for line in notes.read_text().splitlines()]
    assert {name for name, importer in seen if importer == "ran"} == set(RUNS)
    imported = [(name, importer) for name, importer in seen if importer != "ran"]
    # The libraries of circuit breakers look for Redis themselves, and live without it.
    assert {importer.partition(".")[0] for _, importer in imported} <= {
        "aiobreaker",
        "purgatory",
        "pybreaker",
    }


def test_the_libraries_that_it_must_not_load_are_there_to_be_loaded():
    # A misspelt name would never be loaded, and the test above would pass on nothing.
    absent = {name for name in REAL if importlib.util.find_spec(name) is None}
    assert absent <= OF_AN_EXTRA
