"""Programs that no test collects still import: else one that names a module that has gone tells so only when it is wanted."""

import subprocess
import sys

from tests.architecture.sources import ROOT, python_files, shown

IMPORT_LIMIT_S = 60
IMPORTED_BY_THEIR_TESTS = ("tests.unit.", "tests.quality.", "tests.mutants.", "tests.browser.")
IMPORTING = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception as error:
        print(f"{name}: {type(error).__name__}: {error}")
"""


def programs():
    """Return the modules beside the tests that are imported by their full name.

    Left out are the rooms whose tests import all that stands beside them, some with an extra that only they need.
    """
    beside = (
        p for p in python_files("tests", "images") if not p.name.startswith(("test_", "__init__", "conftest"))
    )
    names = (shown(path).removesuffix(".py").replace("/", ".") for path in beside)
    return sorted(name for name in names if not name.startswith(IMPORTED_BY_THEIR_TESTS))


def imported(*names):
    """Import these modules in a process of their own and return what it says of those that fail."""
    command = [sys.executable, "-c", IMPORTING, *names]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=IMPORT_LIMIT_S, check=True
    )
    return done.stdout


def test_every_program_beside_the_tests_imports():
    names = programs()
    assert {"tests.bench.long_history", "tests.soak", "tests.public_api"} <= set(names)
    assert imported(*names) == ""


def test_a_program_that_names_what_has_gone_is_told():
    assert (
        imported("tests.bench.gone")
        == "tests.bench.gone: ModuleNotFoundError: No module named 'tests.bench.gone'\n"
    )
