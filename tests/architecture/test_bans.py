"""Style as a test: each ban names its replacement, and the ban itself is tested."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ("harness", "properties", "target_services")
LINES_MAX = 300
DRAWERS = {"utils", "helpers", "common", "manager", "engine", "misc", "stuff"}

# A wall clock, chance or a real wait inside the simulated world ends its determinism.
SIMULATED = ("harness/shaketable/sim", "harness/shaketable/checkers", "properties", "target_services")
BANNED = {
    "time.sleep": "the clock port's sleep, or the session's advance",
    "time.time": "the clock port's now_ms",
    "time.monotonic": "the clock port's monotonic_ms",
    "datetime.now": "the clock port's now_ms",
    "datetime.utcnow": "the clock port's now_ms",
    "random.random": "a value drawn into the schedule",
    "random.choice": "a value drawn into the schedule",
    "random.randint": "a value drawn into the schedule",
    "uuid.uuid4": "the ports' new_id",
    "os.urandom": "the ports' new_id",
}
# Not tests that wait: what they put on the table sleeps, in virtual time or until it is ended.
SUBJECTS_THAT_SLEEP = {"test_guard.py", "jar_subject.py", "test_parked_calls.py"}
# Files are data.
UNSAFE = {"pickle", "marshal", "shelve", "dill"}


def tracked(*folders: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def python_files(*folders: str) -> list[Path]:
    found = [path for path in tracked(*folders) if path.suffix == ".py"]
    assert found, f"no files under {folders}: this test would pass on nothing"
    return found


def banned_calls(source: str) -> list[tuple[int, str]]:
    calls = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            said = ast.unparse(node.func)
            short = ".".join(said.split(".")[-2:])
            if short in BANNED:
                calls.append((node.lineno, f"{short} is banned, use {BANNED[short]}"))
    return calls


def test_the_ban_finds_a_wall_clock():
    assert banned_calls("import time\nx = time.time()") == [
        (2, "time.time is banned, use the clock port's now_ms")
    ]
    assert banned_calls("import datetime\ndatetime.datetime.now()")
    assert banned_calls("clock.now_ms()") == []


def test_simulated_code_never_touches_the_wall_clock_or_chance():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in python_files(*SIMULATED)
        if "target_services/shaketable_targets/adapters"
        not in str(path)  # where the ports meet the real clock and chance
        for line, what in banned_calls(path.read_text())
    ]
    assert found == []


def test_no_file_is_a_drawer_and_none_passes_three_hundred_lines():
    found = []
    for path in python_files(*SOURCE):
        lines = len(path.read_text().splitlines())
        if path.stem in DRAWERS:
            found.append(f"{path.relative_to(ROOT)}: name the noun it holds")
        if lines > LINES_MAX:
            found.append(f"{path.relative_to(ROOT)}: {lines} lines, which noun is missing?")
    assert found == []


def test_nothing_is_unpickled_or_evaluated():
    found = []
    for path in python_files(*SOURCE):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            if UNSAFE & {n.split(".")[0] for n in [*names, module]}:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if named and node.func.id in {"eval", "exec"}:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_no_test_sleeps_to_wait():
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in python_files("tests")
        for line, what in banned_calls(path.read_text())
        if what.startswith("time.sleep") and path.name not in SUBJECTS_THAT_SLEEP
    ]
    assert found == []


@pytest.mark.parametrize(
    "document",
    ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md", "docs/adding-a-pattern.md", "docs/faults.md"],
)
def test_every_path_that_a_document_names_exists(document):
    text = (ROOT / document).read_text()
    paths = re.findall(r"`((?:harness|properties|target_services|tests|docs)/[\w./*-]*)`", text)
    missing = [p for p in paths if not list(ROOT.glob(p.rstrip("/")))]
    assert missing == []


def test_the_architecture_names_every_folder_of_code():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    folders = {str(p.parent.relative_to(ROOT)) for p in python_files(*SOURCE)}
    missing = sorted(f for f in folders if f"`{f}/`" not in text and f"`{f}`" not in text)
    assert missing == []


def test_no_commit_would_carry_a_path_of_this_machine():
    here = str(ROOT.parent) + "/"
    found = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix in {".py", ".md", ".toml", ".txt", ".json", ".cfg", ""}
        and here in path.read_text(errors="ignore")
    ]
    assert found == []
