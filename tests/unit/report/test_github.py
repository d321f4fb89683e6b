"""What GitHub Actions is told: a subject's text can be no command and no Markdown."""

import msgspec
import report_samples as samples

from shaketable.report import github
from shaketable.report.story.story import story_of

EVIL = "a|b\n::error::x %0A `c` <b>, [d](e) @all"


def test_a_violation_is_an_annotation_beside_its_file():
    (line,) = github.annotations_of(
        samples.certificate(samples.result()), {"order-saga/as_listed": "mine/shop.py"}
    )
    assert line.startswith(
        "::error file=mine/shop.py,title=order-saga/as_listed breaks SG-1%3A money kept::order o1"
    )


def test_what_it_is_known_to_break_is_none():
    result = msgspec.structs.replace(samples.result(), known=("SG-1",))
    assert list(github.annotations_of(samples.certificate(result), {})) == []


def test_what_should_be_known_and_is_not_is_one():
    result = msgspec.structs.replace(
        samples.result(broken=False), as_expected=False, surprises=("SG-5 is unknown: never exercised",)
    )
    (line,) = github.annotations_of(samples.certificate(result), {})
    assert line.endswith("::SG-5 is unknown: never exercised")


def test_a_text_is_one_line_and_no_command():
    said = github.annotation(EVIL, title=EVIL, file="a:b,c")
    assert "\n" not in said
    assert said.startswith("::error file=a%3Ab%2Cc,title=a|b\\n%3A%3Aerror%3A%3Ax %250A")


def test_the_summary_folds_stories_and_shows_text_as_it_is():
    result = msgspec.structs.replace(samples.result(), surprises=(EVIL,))
    story = story_of(samples.subject(), samples.saga_schedule(), samples.saga_history(), samples.money_kept())
    said = github.summary(samples.certificate(result), {samples.example().file: story}, "4f")
    assert "<details><summary>VIOLATION" in said
    assert "charge order=o1" in said
    assert said.count("<details>") == said.count("</details>") == 1
    for mark in ("<b>", "[d]", "@all", "`c`", "a|b"):
        assert mark not in said
    assert "| SG&#45;1 conservation | ❌ violated | 800 |" in said


def test_a_summary_that_is_too_long_is_cut_between_its_parts():
    said = github.limited(["x" * 600_000, "y" * 600_000, "z"])
    assert said.endswith("The rest does not fit here.\n")
    assert "y" not in said.partition("\n")[0]
