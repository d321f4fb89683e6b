"""docs/patterns/: the table is what the catalogue says, and each story on a page is what its command prints."""

import pytest

from shaketable_patterns.catalogue import subjects
from shaketable_patterns.circuit_breaker.subjects import missing
from tests import pattern_pages

PAGES = pattern_pages.pages()
STORIES = [(page.name, command) for page in PAGES for command in pattern_pages.commands(page.read_text())]
HOW = "run `python -m tests.pattern_pages`"


def test_the_table_is_what_the_catalogue_says():
    if missing():
        pytest.skip(f"the table has subjects that are not installed here: {', '.join(missing())}")
    assert pattern_pages.TABLE.read_text() == pattern_pages.table(), (
        f"docs/patterns/README.md is out of date: {HOW}"
    )


def test_every_page_is_that_of_a_pattern():
    of_patterns = {pattern_pages.page_of(subject.pattern.name) for subject in subjects()}
    assert [page.name for page in PAGES if page not in of_patterns] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_page_tells_a_story(page):
    assert pattern_pages.commands(page.read_text())


@pytest.mark.parametrize(("page", "command"), STORIES)
def test_a_story_is_what_its_command_prints(page, command):
    shown = f"```console\n$ {command}\n{pattern_pages.printed(command)}```\n"
    assert shown in (pattern_pages.FOLDER / page).read_text(), f"docs/patterns/{page} is out of date: {HOW}"


def test_a_stale_story_is_found_and_written_anew():
    stale = (
        "before\n\n```console\n$ shaketable --version\nshaketable, version 0\n```\n\n```toml\na = 1\n```\n"
    )
    assert pattern_pages.commands(stale) == ["shaketable --version"]
    said = pattern_pages.printed("shaketable --version")
    assert said.startswith("shaketable, version ")
    assert pattern_pages.with_stories(stale) == stale.replace("shaketable, version 0\n", said)


def test_a_command_that_is_no_command_is_no_story():
    with pytest.raises(AssertionError, match=r"ends with 2: .*nothing\.json"):
        pattern_pages.printed("shaketable replay nothing.json")
