"""The words of the source: docstrings that say what a function does, and the field's terms instead of private ones."""

import ast
import re

import pytest

from tests.architecture.prose import comments, docstrings_of_functions, identifiers, texts, words
from tests.architecture.sources import ROOT, SOURCES, parsed, python_files, shown

VERBS = frozenset((ROOT / "tests/architecture/verbs.txt").read_text().split())

# A part of a program has a name: "the sender", "each service", "no process".
PERSONS = {
    "anybody": "any ...",
    "anyone": "any ...",
    "everybody": "every ...",
    "everyone": "every ...",
    "nobody": "no ...",
    "somebody": "a ...",
    "someone": "a ...",
    "whoever": "the one that ...",
    "whomever": "the one that ...",
}

# Words that only this project would know, and the field's.
PRIVATE = {
    "accident": "nemesis",
    "accidents": "nemesis",
    "acquit": "contradicted",
    "acquittal": "contradictions",
    "acquitted": "contradicted",
    "baton": "scheduler",
    "brisk": "trim",
    "burial": "dead letter",
    "buried": "dead",
    "bury": "dead letter",
    "doubt": "reason for unknown",
    "doubtful": "unknown",
    "doubts": "reasons for unknown",
    "epitaph": "last lines of a log",
    "flight": "call",
    "flights": "calls",
    "graveyard": "dead processes",
    "headroom": "capacity",
    "joint": "shared",
    "jointly": "shared",
    "partaking": "worker tasks",
    "undertaker": "reaper",
    "undertakers": "reapers",
    "undisturbed": "calm",
}


def openers(tree: ast.Module) -> list[str]:
    """Return the docstrings of functions that do not start with a verb."""
    return [
        f"{line}: {name}: “{text.split()[0]} ...”; start with a verb in the imperative (verbs.txt)"
        for line, name, text in docstrings_of_functions(tree)
        if text.split()[0].rstrip(".,:;") not in VERBS
    ]


def private_words(named: list[tuple[int, str]]) -> list[str]:
    return [
        f"{line}: {name}: {word} is a word of ours, say {PRIVATE[word]}"
        for line, name in named
        for word in words(re.sub(r"in_?flight", "", name, flags=re.IGNORECASE))  # that is a term
        if word in PRIVATE
    ]


def persons(text: str) -> list[str]:
    """Return the words in `text` that stand for a person.

    `nobody` is also an account of Unix, and the anomaly `effect-for-nobody` is a name that stored files repeat.
    """
    if text in ("nobody", "effect-for-nobody"):
        return []
    return re.findall(rf"(?<!user )\b({'|'.join(PERSONS)})\b", text, re.IGNORECASE)


def test_a_docstring_that_does_not_start_with_a_verb_is_found():
    source = '''
class Queue:
    """A noun is right here."""
    @property
    def size(self):
        """The length: a property is a noun."""
    def take(self):
        """Take the first."""
    def empty(self):
        """Whether there is none."""
    async def first(self):
        """The first one, or None."""
def bare(): ...
'''
    assert [found.split(":")[1].strip() for found in openers(ast.parse(source))] == ["empty", "first"]
    assert (
        VERBS & {"What", "Whether", "How", "The", "A", "Every", "Its", "If", "Nothing", "No", "Returns"}
        == set()
    )


def test_a_private_word_is_found_in_any_name():
    source = """
import undertaker as other
from sim.baton import x
class DoubtOf: ...
def bury(brisk, /, *, headroom_ms): other.epitaph = 1
call(accidents=2)
try: ...
except E as acquittal: ...
"""
    found = private_words(list(identifiers(ast.parse(source))))
    said = ["undertaker", "baton", "doubt", "bury", "brisk", "headroom", "epitaph", "accidents", "acquittal"]
    assert sorted(re.search(r": (\w+) is a word", one)[1] for one in found) == sorted(said)
    assert private_words([(1, "calls_in_flight_max"), (2, "InFlight")]) == []
    assert words("_HTTPServer.for_ms2Go") == ["http", "server", "for", "ms", "go"]


@pytest.mark.parametrize("text", ["for whoever asks", "Nobody knows", "everyone's turn"])
def test_a_person_is_found(text):
    assert persons(text) != []
    for innocent in (
        "the body knows of no person",
        "nobody",
        "effect-for-nobody",
        "there is no user nobody here",
    ):
        assert persons(innocent) == []


def test_every_docstring_of_a_function_starts_with_a_verb():
    found = [f"{shown(path)}:{one}" for path in python_files(*SOURCES) for one in openers(parsed(path))]
    assert not found, "\n".join(found)


def test_no_part_of_a_program_is_a_person():
    found = []
    for path in python_files(*SOURCES):
        said = comments(path) if persons(path.read_text()) else ()  # few files need their comments looked for
        for line, text in [*said, *texts(parsed(path))]:
            found += [
                f"{shown(path)}:{line}: {word}, say “{PERSONS[word.lower()]}”" for word in persons(text)
            ]
    assert not found, "\n".join(found)


def test_names_are_the_field_s_words():
    found = []
    for path in python_files(*SOURCES):
        for one in private_words([(1, path.stem), *identifiers(parsed(path))]):
            found.append(f"{shown(path)}:{one}")  # noqa: PERF401
    assert not found, "\n".join(found)
