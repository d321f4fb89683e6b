"""Rooms that a reader can survey: no folder of many files, no file of many lines, none that is a drawer."""

from collections import Counter

from tests.architecture.sources import SOURCES, python_files, shown

FILES_MAX = 25
LINES_MAX = 300
DRAWERS = {"utils", "helpers", "common", "manager", "engine", "misc", "stuff"}


def test_no_folder_has_more_than_twenty_five_files():
    files = Counter(shown(path.parent) for path in python_files(*SOURCES, "tests"))
    assert {folder: n for folder, n in files.items() if n > FILES_MAX} == {}


def test_no_file_is_a_drawer_and_none_passes_three_hundred_lines():
    found = []
    for path in python_files(*SOURCES):
        lines = len(path.read_text().splitlines())
        if path.stem in DRAWERS:
            found.append(f"{shown(path)}: name the noun it holds")
        if lines > LINES_MAX:
            found.append(f"{shown(path)}: {lines} lines, which noun is missing?")
    assert not found, "\n".join(found)
