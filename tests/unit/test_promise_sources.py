"""Every promise says where it is specified, and that place exists."""

import re
from pathlib import Path

import pytest

from shaketable.subject import Subject
from shaketable.verdict import Promise
from shaketable_patterns.catalogue import subjects
from shaketable_patterns.described.subject import subject_from

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "target_services" / "shaketable_targets" / "ticket_shop"


def promises(*of: Subject) -> list[Promise]:
    return sorted({promise for subject in of for promise in subject.pattern.promises}, key=lambda p: p.id)


PROMISES = promises(*subjects(), subject_from(SHOP / "shaketable.toml"))


def unknown_places(source: str) -> list[str]:
    """Return what `source` ("<file>, <place> and <place>") names and does not exist."""
    file, _, places = source.partition(", ")
    if not (ROOT / file).is_file():
        return [file]
    text = (ROOT / file).read_text()
    return [
        place
        for place in places.split(" and ")
        if not re.search(
            rf"^#+ {re.escape(place)}\b" if "-" not in place else rf"\b{re.escape(place)}\b", text, re.M
        )
    ]


def test_a_place_that_does_not_exist_is_found() -> None:
    assert unknown_places("docs/specification/nothing.md, SG") == ["docs/specification/nothing.md"]
    assert unknown_places("CHANGELOG.md, SG-99 and No such heading") == ["SG-99", "No such heading"]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.id)
def test_the_source_of_a_promise_exists(promise: Promise) -> None:
    assert unknown_places(promise.source) == []


SPECIFIED = [promise for promise in PROMISES if not promise.id.startswith("BB-")]


@pytest.mark.parametrize("promise", SPECIFIED, ids=lambda promise: promise.id)
def test_a_promise_stands_in_its_source_under_its_own_id(promise: Promise) -> None:
    file, _, _ = promise.source.partition(", ")
    assert re.search(rf"\b{promise.id}\b", (ROOT / file).read_text())
