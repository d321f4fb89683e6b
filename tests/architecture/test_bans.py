"""What the source must not do: each ban names its replacement, and the ban itself is tested."""

import ast

from tests.architecture.sources import ROOT, SOURCES, parsed, python_files, shown, tracked

# A wall clock, chance or a real wait inside the simulated world ends its determinism.
SIMULATED = ("harness/shaketable/sim", "harness/shaketable/checkers", "properties", "target_services")
NEVER_SIMULATED = (
    "target_services/shaketable_targets/adapters",  # where the ports meet the real clock and chance
    "target_services/shaketable_targets/bistro",
    "target_services/shaketable_targets/clinic",  # known by a description only
    "target_services/shaketable_targets/front_door",
    "target_services/shaketable_targets/helpdesk",
    "target_services/shaketable_targets/loyalty",
    "target_services/shaketable_targets/library",
    "target_services/shaketable_targets/menu",
    "target_services/shaketable_targets/price_list",
    "target_services/shaketable_targets/threaded",
    "target_services/shaketable_targets/tours",
    "target_services/shaketable_targets/trips",
)
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
OF_A_USER = "_template.py"
"""The end of the name of a file that `shaketable init` writes: a user's class, which reads the clock as a user's does."""
# Not tests that wait: what they put on the table sleeps, in virtual time or until it is ended.
SUBJECTS_THAT_SLEEP = {
    "mistaken_subjects.py",
    "test_guard.py",
    "jar_subject.py",
    "test_parked_calls.py",
    "right_retries.py",
}
# Files are data.
UNSAFE = {"pickle", "marshal", "shelve", "dill"}


def banned_calls(source: str) -> list[tuple[int, str]]:
    if not any(all(part in source for part in short.split(".")) for short in BANNED):
        return []  # most files need not be parsed for this
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
        f"{shown(path)}:{line}: {what}"
        for path in python_files(*SIMULATED)
        if not shown(path).startswith(NEVER_SIMULATED) and not path.name.endswith(OF_A_USER)
        for line, what in banned_calls(path.read_text())
    ]
    assert not found, "\n".join(found)


def test_nothing_is_unpickled_or_evaluated():
    found = []
    for path in python_files(*SOURCES):
        for node in ast.walk(parsed(path)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            if UNSAFE & {n.split(".")[0] for n in [*names, module]}:
                found.append(f"{shown(path)}:{node.lineno}")
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if named and node.func.id in {"eval", "exec"}:
                found.append(f"{shown(path)}:{node.lineno}")
    assert not found, "\n".join(found)


def test_no_test_sleeps_to_wait():
    found = [
        f"{shown(path)}:{line}"
        for path in python_files("tests")
        for line, what in banned_calls(path.read_text())
        if what.startswith("time.sleep") and path.name not in SUBJECTS_THAT_SLEEP
    ]
    assert not found, "\n".join(found)


def test_no_commit_would_carry_a_path_of_this_machine():
    here = str(ROOT.parent) + "/"
    found = [
        shown(path)
        for path in tracked()
        if path.suffix in {".py", ".md", ".toml", ".txt", ".json", ".cfg", ""}
        and here in path.read_text(errors="ignore")
    ]
    assert not found, "\n".join(found)
